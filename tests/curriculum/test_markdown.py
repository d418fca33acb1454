"""Markdown becomes the HTML that pages and styles rely on, and nothing else."""

import re
import threading
from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.markdown import Form, SafeHtml, render, renderer_version
from curriculum.sanitiser import sanitise

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<details open ontoggle=alert(1)>",
    "<div style='background:url(javascript:alert(1))' class=callout>x</div>",
    "<div hx-get=/logout hx-trigger=load data-hx-post=/x>x</div>",
    "<form action=//evil.example><button>x</button></form>",
    "<base href=//evil.example><meta http-equiv=refresh content=0;url=//e>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example/a)",
    "[x](/\\evil.example/a)",
    "[x](https://a.example 'y\" onclick=\"alert(1)')",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](https://evil.example/pixel.png)",
    '![x" onerror="alert(1)](/a.png)',
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "## Заголовок {onclick=alert(1) style=color:red hx-get=/x data-hx-get=/y}",
    '## Заголовок {#x" onclick="alert(1)}',
    "Абзац {: onclick=alert(1) #main .modal hx-boost=true}",
    "[x](/a){onmouseover=alert(1) target=_blank formaction=/x}",
    "*x*{style=position:fixed}",
    '```sql {title="<script>alert(1)</script>" onclick=alert(1) .modal}\nx\n```',
    '```sql {title="x&quot; onload=&quot;alert(1)"}\nx\n```',
    '```"><script>alert(1)</script>\nx\n```',
    "```mermaid\nflowchart\n  accTitle: <img src=x onerror=alert(1)>\n"
    "  accDescr: </p><script>alert(1)</script>\n"
    '  A["<script>alert(1)</script>"]\n```',
    "> [!NOTE] <script>alert(1)</script>\n> <img src=x onerror=alert(1)>",
    "```question\nid: x\ntext: <script>alert(1)</script>\noptions:\n"
    "  - {text: <img src=x onerror=alert(1)>, why: '[x](javascript:alert(1))'}\n"
    "  - {text: y, why: z, correct: true}\n```",
    '??? note "<script>alert(1)</script>"\n    x',
    '??? "note onclick=alert(1)" "x"\n    x',
    '=== "<script>alert(1)</script>"\n    x',
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "Текст[^1].\n\n[^1]: <script>alert(1)</script> [x](javascript:alert(1))",
    "\x02wzxhzdk:0\x03 \x02klzzwxh:0001\x03 <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;alert(1)&#60;/script&#62;",
    "`<script>alert(1)</script>`",
]
ALLOWED_ATTRIBUTES = """
alt aria-label checked class data-align data-badge data-kind data-language data-tabs for
height href id loading name open rel role scope src start tabindex title type width
"""
FORBIDDEN_TAGS = """
base button embed form iframe link math meta noscript object script select style svg
template textarea
"""


class Elements(HTMLParser):
    """Collects tags with attributes; texts are none of its business."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in FORBIDDEN_TAGS.split()
        assert attributes.keys() <= set(ALLOWED_ATTRIBUTES.split()), (tag, attributes)
        address = attributes.get("href")
        assert address is None or re.match(r"https?://|mailto:|/(?![/\\])|#", address)
        source = attributes.get("src")
        assert source is None or re.match(r"/(?![/\\])", source)
        if "id" in attributes:
            assert tag in {"h1", "h2", "h3", "h4", "h5", "h6", "input", "li", "sup"}
        assert "modal" not in (attributes.get("class") or "").split()


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_leaves_nothing_active(attack, form):
    for text in (attack, f"> {attack}", f"- {attack}\n\n1. {attack}", f"# {attack}"):
        assert_harmless(render(text, form=form).html)


@pytest.mark.parametrize("attack", ATTACKS)
def test_sanitiser_holds_without_the_renderer(attack):
    assert_harmless(sanitise(attack))
    assert_harmless(sanitise(f'<p {attack}><div id="main" class="modal">{attack}'))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", '"', "'", "`", "```", "[", "](", ")", "{", "}", "=", "\n", " ",
             "onclick", "javascript:", "script", "x", "#", "!", "|", ":", "&", ";",
             "> [!NOTE]", "\n\n", "    ", "{#", "{.run}", "sql", "//", "\\", "*", "_"]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_any_mixture_is_harmless(parts):
    assert_harmless(render("".join(parts)).html)


def test_raw_html_is_shown_as_text():
    html = render("Тип `ROW<a>` и <b>слово</b>").html
    assert "&lt;b&gt;слово&lt;/b&gt;" in html
    assert "<code>ROW&lt;a&gt;</code>" in html


def test_headings_have_cyrillic_anchors_links_to_themselves_and_a_table_of_contents():
    rendered = render("## Время события\n\n### Окно `TUMBLE` {#tumble}\n\n## Итог\n")
    assert rendered.anchors == ("время-события", "tumble", "итог")
    assert [(item.title, item.level) for item in rendered.toc] == [
        ("Время события", 2),
        ("Итог", 2),
    ]
    assert rendered.toc[0].children[0].title == "Окно TUMBLE"
    assert rendered.toc[0].children[0].id == "tumble"
    assert (
        '<h2 id="время-события">Время события<a aria-label="Ссылка на раздел «Время'
        ' события»" class="heading-anchor" href="#время-события">#</a></h2>'
    ) in rendered.html


def test_same_headings_get_different_anchors():
    assert render("## Итог\n\n## Итог\n").anchors == ("итог", "итог_1")


def test_table_stands_in_a_named_region_that_takes_the_focus():
    html = render("## Сравнение\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n").html
    assert (
        '<div aria-label="Таблица 1: Сравнение" class="table-scroll" role="region"'
        ' tabindex="0"><table>'
    ) in html
    assert '<th data-align="left" scope="col">a</th>' in html
    assert '<td data-align="right">2</td>' in html


def test_names_of_table_regions_differ():
    table = "| a |\n|---|\n| 1 |\n\n"
    names = re.findall(r'aria-label="(Таблица[^"]*)"', render(table * 3).html)
    assert names == ["Таблица 1", "Таблица 2", "Таблица 3"]


def test_code_is_a_figure_with_title_badge_and_pygments_classes():
    html = render('```sql {.run title="Источник"}\nSELECT 1;\n```\n').html
    assert html == (
        '<figure class="code" data-language="sql" data-kind="run"><figcaption>'
        '<span class="code-title">Источник</span>'
        '<span class="code-badge" data-badge="run">выполнено на Flink 2.2.0</span>'
        '</figcaption><div class="highlight"><pre tabindex="0" role="group"'
        ' aria-label="Источник"><code><span class="k">SELECT</span>'
        '<span class="w"> </span><span class="mi">1</span><span class="p">;</span>'
        "</code></pre></div></figure>"
    )


def test_a_comment_that_is_a_number_is_a_mark_for_the_list_below():
    html = render("```sql\nSELECT 1, -- (1)\n  2 -- (2) two\n```\n\n1. One.\n").html
    assert '-- <span class="code-mark">(1)</span></span>' in html
    assert "-- (2) two" in html
    html = render("```python\nx = 1  # (1)\n```\n").html
    assert '# <span class="code-mark">(1)</span>' in html
    assert "code-mark" not in render("```text\n-- (1)\n```\n").html


def test_code_with_a_twin_in_a_lab_links_to_it():
    done = render('```sql {lab="totals"}\nSELECT 1;\n```\n', resolve=lambda x: "/l" + x)
    link = '<a href="/l/labs/totals/">Открыть в лабораторной</a>'
    assert f'</div><p class="code-lab">{link}</p></figure>' in done.html
    assert done.links == ("/labs/totals/",)


def test_plain_code_has_no_caption_and_is_named_by_its_language():
    html = render("```python\nx = 1\n```\n", language="en").html
    assert "figcaption" not in html
    assert 'aria-label="Code: Python"' in html


def test_highlighted_lines_are_marked():
    html = render('```text {hl_lines="2"}\na\nb\nc\n```\n').html
    assert '<span class="hll">b\n</span>' in html


def test_row_kinds_become_chips_in_output_and_inline_code():
    html = render(
        "Строка `−U`, а `+x` нет.\n\n```text {.output}\n+I[1]\n| -D | 2 |\n```\n"
    )
    chips = re.findall(r'class="row-kind row-kind-([a-z-]+)">(..)<', html.html)
    assert chips == [("update-before", "−U"), ("insert", "+I"), ("delete", "-D")]
    assert "<code>+x</code>" in html.html


def test_a_message_in_a_table_may_wrap_and_a_name_may_not():
    row = "| `No resolvable bootstrap urls` | `scan.startup.mode` `COUNT(*) AS n` |"
    html = render(f"| а | б |\n|---|---|\n{row}\n").html
    assert '<code class="phrase">No resolvable bootstrap urls</code>' in html
    assert "<code>scan.startup.mode</code> <code>COUNT(*) AS n</code>" in html


def test_sql_with_minus_and_letters_has_no_chips():
    assert "row-kind" not in render("```sql\nSELECT a-D[1], b +I FROM t\n```\n").html


@pytest.mark.parametrize(("language", "label"), [("ru", "Внимание"), ("en", "Warning")])
def test_callout_has_a_label_in_the_language_of_the_text(language, label):
    html = render("> [!WARNING] Про `TTL`\n> Текст.\n", language=language).html
    assert html == (
        '<aside class="callout callout-warning" role="note">\n<p class="callout-title">'
        f'<span class="callout-label">{label}</span> Про <code>TTL</code></p>\n'
        "<p>Текст.</p>\n</aside>"
    )


def test_callout_without_title_shows_its_label_alone():
    html = render("> [!NOTE]\n> Текст.\n").html
    assert (
        '<p class="callout-title"><span class="callout-label">Заметка</span></p>'
        in html
    )
    assert "Note" not in html


def test_quote_stays_a_quote():
    assert render("> Просто цитата.\n").html.startswith("<blockquote>")


def test_code_inside_callouts_lists_and_tabs_is_code():
    text = (
        "> [!TIP]\n> ```sql\n> SELECT 1\n> ```\n\n"
        "- пункт\n\n    ```sql\n    SELECT 2\n    ```\n\n"
        '=== "SQL"\n\n    ```sql\n    SELECT 3\n    ```\n\n'
        '=== "PyFlink"\n\n    ```python\n    x = 1\n    ```\n'
    )
    rendered = render(text)
    assert rendered.figures == 4
    assert rendered.html.count('<figure class="code"') == 4
    assert 'data-tabs="1:2"' in rendered.html


def test_code_without_flink_says_so():
    html = render('```python {.run on="python"}\nx = 1\n```\n', language="en").html
    assert '<span class="code-badge" data-badge="run">executed on Python</span>' in html


QUESTION = """\
```question
id: kinds
text: |
  Что пришло после `d`?

  Ключ был тем же.
options:
  - text: Tombstone.
    correct: true
    why: Значение пусто, см. [ниже](#below).
  - text: Событие `r`.
    why: |
      Снимок читают один раз.

      И не после удаления.
```
"""


def test_question_is_a_group_of_inputs_with_a_reason_each():
    rendered = render(QUESTION)
    assert rendered.html == (
        '<fieldset class="question"><legend><span class="question-number">Вопрос 1.'
        "</span> Что пришло после <code>d</code>?</legend>\n<p>Ключ был тем же.</p>"
        '<div class="option option-right"><input type="radio" name="question-kinds"'
        ' id="question-kinds-1"><label for="question-kinds-1">Tombstone.</label>'
        '<div class="option-why"><p><span class="option-word">Верно.</span> Значение'
        ' пусто, см. <a href="#below">ниже</a>.</p></div></div>'
        '<div class="option option-wrong"><input type="radio" name="question-kinds"'
        ' id="question-kinds-2"><label for="question-kinds-2">Событие <code>r</code>.'
        '</label><div class="option-why"><p><span class="option-word">Неверно.</span>'
        " Снимок читают один раз.</p>\n<p>И не после удаления.</p></div></div>"
        "</fieldset>"
    )
    assert rendered.figures == 1
    assert rendered.links == ("#below",)
    assert [question.id for question in rendered.questions] == ["kinds"]


def test_question_with_several_right_answers_has_checkboxes():
    both = QUESTION.replace("    why: |", "    correct: true\n    why: |") + "\n"
    third = both.replace("```\n\n", "  - text: Нет.\n    why: Да.\n```\n")
    html = render(QUESTION + third.replace("id: kinds", "id: more"), language="en").html
    assert '<fieldset class="question question-many"><legend>' in html
    assert "Question 2. More than one answer is right.</span>" in html
    assert html.count('type="checkbox" name="question-more"') == 3


def test_what_is_no_question_is_shown_as_written_and_a_fragment_has_none():
    broken = QUESTION.replace("    correct: true\n", "")
    assert "<fieldset" not in render(broken).html
    assert "id: kinds" in render(broken).html
    assert "<fieldset" not in render(QUESTION, form=Form.FRAGMENT).html


def test_diagram_keeps_its_source_and_says_it_in_words():
    rendered = render(
        "```mermaid\nflowchart LR\n  accTitle: Конвейер\n"
        "  accDescr {\n    Источник\n    и приёмник\n  }\n  A --> B\n```\n"
    )
    assert rendered.has_diagrams
    assert '<pre class="mermaid">flowchart LR\n  accTitle: Конвейер' in rendered.html
    assert "A --&gt; B</pre><figcaption>Конвейер</figcaption>" in rendered.html
    assert (
        "<details><summary>Описание схемы</summary><p>Источник и приёмник</p></details>"
    ) in rendered.html


def test_links_outside_are_marked_and_own_links_resolved():
    rendered = render(
        "[a](https://a.example/x?y=1&z=2) [b](../02/ru.md#c)",
        resolve=lambda written: "/lessons/b/#c" if "ru.md" in written else written,
    )
    assert rendered.links == ("https://a.example/x?y=1&z=2", "../02/ru.md#c")
    assert (
        '<a href="https://a.example/x?y=1&amp;z=2" rel="external noopener noreferrer">'
        in rendered.html
    )
    assert '<a href="/lessons/b/#c">b</a>' in rendered.html


def test_footnotes_and_tasks_need_no_form():
    html = render("Слово[^1].\n\n- [x] готово\n- [ ] нет\n\n[^1]: Пояснение.\n").html
    assert '<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>' in html
    assert '<li class="task-list-item">☑ готово</li>' in html
    assert "<input" not in html


def test_fragment_has_no_ids():
    html = render("## Заголовок\n\nТекст `x` {#a}\n", form=Form.FRAGMENT).html
    assert " id=" not in html
    assert "heading-anchor" not in html


def test_rendering_is_the_same_each_time_and_in_each_thread():
    text = '## А\n\nТекст[^1] [x](/a).\n\n=== "S"\n    x\n\n[^1]: Сноска.\n'
    first = render(text)
    render("## Другой\n\n[^1]: Другая.\n\nТекст[^1] и > [!X]\n")
    assert render(text) == first
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(render(text))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [first] * 4


def test_text_that_fails_does_not_spoil_the_next_one():
    deep = "\n".join("    " * depth + "- x" for depth in range(250))
    first = render("*x*")
    with pytest.raises(RecursionError):
        render(deep)
    assert render("*x*") == first


def test_templates_print_rendered_html_as_it_is_and_nothing_else():
    template = Template("{{ rendered }}|{{ text }}")
    shown = template.render(
        Context({"rendered": render("*x*").html, "text": "<i>y</i>"})
    )
    assert shown == "<p><em>x</em></p>|&lt;i&gt;y&lt;/i&gt;"
    assert type(SafeHtml("<b>") + "<i>") is str


def test_renderer_version_fits_the_column():
    assert re.fullmatch(r"\d+-[0-9a-f]{12}", renderer_version())
    assert len(renderer_version()) <= 20
