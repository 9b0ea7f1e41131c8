// The code editor and the side-by-side diff of the pages, made from CodeMirror 6. Built by build.sh into ../static/editor.js.
import { EditorView, basicSetup } from "codemirror";
import { EditorState, Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { indentWithTab } from "@codemirror/commands";
import { indentUnit, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { MergeView } from "@codemirror/merge";
import { python } from "@codemirror/lang-python";
import { javascript } from "@codemirror/lang-javascript";
import { sql } from "@codemirror/lang-sql";
import { tags as t } from "@lezer/highlight";

const nonce = document.querySelector('meta[name="style-nonce"]')?.content ?? "";
const languages = {
  python: () => python(),
  javascript: () => javascript({ jsx: true }),
  typescript: () => javascript({ jsx: true, typescript: true }),
  sql: () => sql(),
};
const colours = HighlightStyle.define([
  { tag: [t.keyword, t.modifier, t.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [t.string, t.special(t.string), t.regexp], color: "var(--code-string)" },
  { tag: [t.number, t.bool, t.null, t.atom], color: "var(--code-number)" },
  { tag: [t.comment, t.meta], color: "var(--soft)", fontStyle: "italic" },
  { tag: [t.function(t.variableName), t.definition(t.variableName), t.className], color: "var(--code-name)" },
]);
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.4" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--wash)" },
  "&.cm-focused": { outline: "2px solid var(--gold)", outlineOffset: "1px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": { backgroundColor: "var(--open-wash) !important" },
  ".cm-matchingBracket": { backgroundColor: "var(--open-wash)", color: "inherit" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-panels": { backgroundColor: "var(--card)", color: "var(--ink)" },
});
const shared = (language, label) => [
  EditorView.cspNonce.of(nonce),
  basicSetup,
  indentUnit.of("    "),
  syntaxHighlighting(colours),
  look,
  (languages[language] ?? (() => []))(),
  EditorView.contentAttributes.of({ "aria-label": label }),
  EditorView.lineWrapping,
];
const readOnly = [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ tabindex: "0" }), EditorView.editable.of(false)];

// An editor measures itself and moves its lines before it is ready; nobody should see that.
function settle(element) {
  element.style.visibility = "hidden";
  requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => { element.style.visibility = ""; })));
}

// <textarea data-editor="python">: edited in place, and its text is what the form sends. Escape, then Tab, leaves it.
function edit(area) {
  const label = area.getAttribute("aria-label") ?? area.name;
  const view = new EditorView({
    doc: area.value,
    extensions: [
      shared(area.dataset.editor, label),
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => true }])),  // the page saves; the editor would add a line
      keymap.of([indentWithTab]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) {
          area.value = update.state.doc.toString();
          area.dispatchEvent(new Event("input", { bubbles: true }));
        }
      }),
    ],
  });
  area.hidden = true;
  settle(view.dom);
  area.after(view.dom);
  area.goldloopView = view;
}

// <div data-diff="python"> with two <pre>: what was written, and the golden.
function diff(box) {
  const [left, right] = box.querySelectorAll("pre");
  if (!left || !right) return;
  const side = (pre) => ({
    doc: pre.textContent,
    extensions: [shared(box.dataset.diff, pre.dataset.label ?? "code"), readOnly],
  });
  const holder = document.createElement("div");
  settle(holder);
  new MergeView({ a: side(left), b: side(right), parent: holder, highlightChanges: true, gutter: true, collapseUnchanged: { margin: 4, minSize: 8 } });
  box.replaceChildren(holder);
}

// <div data-code="python"> with one <pre>.
function show(box) {
  const pre = box.querySelector("pre");
  if (!pre) return;
  const view = new EditorView({ doc: pre.textContent, extensions: [shared(box.dataset.code, pre.dataset.label ?? "code"), readOnly] });
  settle(view.dom);
  box.replaceChildren(view.dom);
}

function mount(root) {
  for (const area of root.querySelectorAll("textarea[data-editor]")) if (!area.goldloopView) edit(area);
  for (const box of root.querySelectorAll("[data-diff]")) diff(box);
  for (const box of root.querySelectorAll("[data-code]")) show(box);
}
mount(document);
document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) mount(event.target); });
