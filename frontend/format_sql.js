// Lays Flink SQL out anew: clauses on lines of their own, two spaces an indent, keywords
// in capitals. Only white space and the case of keywords change: strings, quoted names,
// comments and the order of everything stay, so the program means what it meant.
import { FLINK_KEYWORDS, FLINK_TYPES } from "./flink_sql.js";

// Words that are as often a column's name: their case is the author's.
const OFTEN_NAMES = new Set("at columns comment data database day days detail first hour hours key language last model month next overwrite path pattern plan second seconds status time to value year zone".split(" "));
const CAPITALS = new Set(`${FLINK_KEYWORDS} ${FLINK_TYPES}`.split(" ").filter((word) => !OFTEN_NAMES.has(word)));
// Each begins a line at the depth of its query.
const CLAUSES = new Set(["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "INSERT", "VALUES", "WINDOW"]);
const JOINS = new Set(["JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS"]);
const TOKEN = /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^']|'')*'|`[^`]*`|"[^"]*")|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+(?:\.\d+)?)|(?<sign><>|<=|>=|!=|\|\||=>|[^\s])|(?<gap>\s+)/gu;

function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    const [kind, value] = Object.entries(match.groups).find(([, part]) => part !== undefined);
    if (kind === "gap") {
      const last = found.at(-1);
      if (last) last.lines = value.split("\n").length - 1;
    } else found.push({ kind, value, lines: 0, close: match.index > 0 && !/\s/.test(text[match.index - 1]) });
  }
  return found;
}

// A type's bracket: ROW<id BIGINT>. A comparison has no such word before it.
const opens = (list, at) => list[at].value === "(" || (list[at].value === "<" && /^(row|array|map|multiset)$/i.test(list[at - 1]?.value ?? ""));
const closes = (list, at, inside) => list[at].value === ")" || (list[at].value === ">" && Boolean(inside));

/** Whether the bracket at `at` holds a list of columns, settings or a query: then it is broken into lines. */
function isLong(list, at) {
  const next = list[at + 1]?.value.toUpperCase();
  if (next === "SELECT" || next === "WITH") return true;
  let depth = 0;
  let width = 0;
  for (let i = at; i < list.length; i += 1) {
    if (list[i].kind === "comment") return true;
    if (opens(list, i)) depth += 1;
    if (closes(list, i, depth)) depth -= 1;
    width += list[i].value.length + 1;
    if (depth === 0) break;
  }
  return width > 60;
}

export function formatSql(text) {
  const list = tokens(text);
  const open = []; // of each bracket: is it broken, and is it a query's
  const lines = [];
  let line = "";
  let before = null;
  let inSelect = false;
  let created = false;
  const depth = () => open.filter((item) => item.broken).length;
  const end = () => {
    if (line.trim()) lines.push(line.trimEnd());
    line = "";
  };
  const start = (extra = 0) => {
    end();
    line = "  ".repeat(depth() + extra);
  };
  list.forEach((token, at) => {
    const upper = token.value.toUpperCase();
    const isKeyword = token.kind === "word" && CAPITALS.has(token.value.toLowerCase()) && list[at - 1]?.value !== "." && list[at + 1]?.value !== ".";
    const value = isKeyword ? upper : token.value;
    const inBracket = open.length > 0 && !open.at(-1).broken;
    const previous = before?.value.toUpperCase();
    if (token.kind === "comment") {
      if (before && before.lines === 0) line += ` ${value}`;
      else {
        start(inSelect ? 1 : 0);
        line += value;
      }
      if (value.startsWith("--") || token.lines) start(inSelect ? 1 : 0);
    } else if (closes(list, at, open.at(-1)?.type)) {
      const item = open.pop();
      if (item?.broken) {
        start(0);
        inSelect = item.inSelect;
      }
      line += value;
    } else if (opens(list, at)) {
      const broken = isLong(list, at);
      // After a keyword or a name with a gap; a call keeps its bracket close.
      const gap = line.trim() && !/[(.]$/.test(line) && !token.close ? " " : "";
      line += value === "<" ? "<" : `${gap}(`;
      open.push({ broken, inSelect, type: value === "<" });
      if (broken) {
        inSelect = false;
        start();
      }
    } else if (value === ",") {
      line += ",";
      // Columns of a table or a query stand one on a line; those of GROUP BY do not.
      const listed = inSelect === "select" || (open.length > 0 && !inSelect);
      if (!inBracket && listed && list[at + 1]?.kind !== "comment") start(inSelect ? 1 : 0);
    } else if (value === ";") {
      line += ";";
      if (list[at + 1]?.kind === "comment" && token.lines === 0) return void (before = token);
      end();
      inSelect = false;
      created = false;
      if (list[at + 1]) lines.push("");
    } else {
      const clause = isKeyword && !inBracket && CLAUSES.has(upper) && !(created && upper !== "SELECT");
      const join = isKeyword && !inBracket && JOINS.has(upper) && list[at + 1]?.value !== "(" && !JOINS.has(previous) && previous !== "OUTER";
      const both = isKeyword && !inBracket && (upper === "AND" || upper === "OR") && inSelect === "where";
      if ((clause && line.trim() && !(upper === "SELECT" && previous === "(")) || join) start(0);
      if (both) start(1);
      if (clause) {
        inSelect = { WHERE: "where", HAVING: "where", SELECT: "select" }[upper] ?? "rest";
      }
      if (isKeyword && upper === "CREATE" && !inBracket) created = true;
      if (isKeyword && upper === "AS" && created && !inBracket && open.length === 0) created = false;
      const glued = !line.trim() || /[(.]$/.test(line) || (before?.value === "<" && open.at(-1)?.type && line.endsWith("<")) || value === "." || (token.close && before && (before.value === "." || /^[:[\]]$/.test(before.value) || /^[:[\]]$/.test(value)));
      line += (glued ? "" : " ") + value;
    }
    before = token;
  });
  end();
  const result = `${lines.join("\n").replace(/\n{3,}/g, "\n\n").trim()}\n`;
  return sameProgram(list, tokens(result)) ? result : text;
}

/** Nothing is laid out that would not be the same program: compared token by token. */
function sameProgram(before, after) {
  return before.length === after.length && before.every((token, at) => {
    const other = after[at];
    if (token.kind !== other.kind) return false;
    return token.kind === "word" ? token.value.toLowerCase() === other.value.toLowerCase() : token.value.trimEnd() === other.value.trimEnd();
  });
}
