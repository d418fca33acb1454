// The code editor over a plain textarea: Flink SQL and Python.
// The textarea stays in the form and is kept equal to the editor, so that what is
// sent does not depend on this file.
import { autocompletion, closeBrackets, closeBracketsKeymap, completeAnyWord, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, temporarilySetTabFocusMode } from "@codemirror/commands";
import { python, pythonLanguage } from "@codemirror/lang-python";
import { SQLDialect, StandardSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, crosshairCursor, drawSelection, dropCursor, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { FLINK_KEYWORDS, FLINK_TYPES } from "./flink_sql.js";
import { formatSql } from "./format_sql.js";

const flinkSql = SQLDialect.define({
  ...StandardSQL.spec,
  keywords: FLINK_KEYWORDS,
  types: FLINK_TYPES,
  identifierQuotes: "`",
  slashComments: false,
  hashComments: false,
  doubleQuotedStrings: false,
  caseInsensitiveIdentifiers: false,
});

// Colours are the site's custom properties: one set for lessons and for the editor.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword], color: "var(--syntax-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syntax-number)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--syntax-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.className, tags.standard(tags.name)], color: "var(--syntax-type)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--syntax-function)" },
  { tag: [tags.meta, tags.special(tags.name)], color: "var(--syntax-type)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--code-size)", backgroundColor: "var(--code-ground)", color: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)", paddingBlock: "0.5rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--code-ground)", color: "var(--ink-muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--code-active)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--code-match)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--code-match)", outline: "1px solid var(--line-strong)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel.cm-search input, .cm-panel.cm-search button, .cm-textfield, .cm-button": { backgroundImage: "none", backgroundColor: "var(--ground)", color: "var(--ink)", borderColor: "var(--line-strong)" },
  ".cm-searchMatch": { backgroundColor: "var(--code-match)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.6em" },
});

const LANGUAGES = {
  sql: () => [sql({ dialect: flinkSql, upperCaseKeywords: true }), indentUnit.of("  "), flinkSql.language.data.of({ autocomplete: completeAnyWord })],
  pyflink: () => [python(), indentUnit.of("    "), pythonLanguage.data.of({ autocomplete: completeAnyWord })],
};
LANGUAGES.python = LANGUAGES.pyflink;

/** Offer the lab's tables, columns and topics before the words of the text. */
function completeNames(names) {
  const options = names.map((label) => ({ label, type: "variable", boost: 2 }));
  const autocomplete = (context) => {
    const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_.]*/u);
    if (!word && !context.explicit) return null;
    return { from: word?.from ?? context.pos, options, validFor: /^[\p{L}\p{N}_.]*$/u };
  };
  // One function for the life of the editor: what a source that is new in each state
  // found is dropped, because the state that comes after does not know it.
  const data = [{ autocomplete }];
  return EditorState.languageData.of(() => data);
}

/**
 * Put an editor over `textarea`. `phrases` translates the search panel; `nonce` is the
 * page's CSP nonce, without which the editor stays unstyled.
 */
export function createEditor({ textarea, parent, language, label, nonce, phrases = {}, describedBy = "", names = [], onChange, onRun, onSubmit }) {
  const problems = new Compartment();
  const commands = [
    { key: "Mod-Enter", run: () => (onRun?.(), true) },
    { key: "Mod-Shift-Enter", run: () => (onSubmit?.(), true) },
    { key: "Escape", run: temporarilySetTabFocusMode },
    { key: "F8", run: nextDiagnostic },
  ];
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorState.phrases.of(phrases),
        EditorView.contentAttributes.of({ "aria-label": label, ...(describedBy && { "aria-describedby": describedBy }), tabindex: "0", spellcheck: "false", autocorrect: "off", autocapitalize: "off", translate: "no" }),
        lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(), dropCursor(),
        EditorState.allowMultipleSelections.of(true), indentOnInput(), bracketMatching(), closeBrackets(), autocompletion(),
        rectangularSelection(), crosshairCursor(), highlightActiveLine(), highlightSelectionMatches(), search({ top: true }),
        syntaxHighlighting(colours), look, problems.of([]), LANGUAGES[language](), completeNames(names),
        Prec.highest(keymap.of(commands.slice(0, 2))),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...commands.slice(2), ...defaultKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          textarea.value = update.state.doc.toString();
          onChange?.(textarea.value);
        }),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    /** Put another text in. One step back undoes it, also right after a key. */
    replace(text) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        annotations: isolateHistory.of("full"),
      });
    },
    /** Lay the SQL out anew; say whether anything moved. One step back undoes it. */
    format() {
      const before = view.state.doc.toString();
      const after = formatSql(before);
      if (after !== before) this.replace(after);
      return after !== before;
    },
    /** Mark one line (from 1) as wrong in gutter and text; null takes the mark away. */
    markLine(line, message) {
      const known = line !== null && line >= 1 && line <= view.state.doc.lines;
      view.dispatch({ effects: problems.reconfigure(known ? lintGutter() : []) });
      const at = known ? view.state.doc.line(line) : null;
      view.dispatch(setDiagnostics(view.state, at ? [{ from: at.from, to: at.to, severity: "error", message }] : []));
    },
    goToLine(line) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
      view.focus();
    },
  };
}
