// SPDX-License-Identifier: Apache-2.0
// How the editor looks. It lives in a shadow root, because the page's policy allows no style that a
// script writes into the document; the tokens reach it by inheritance.
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const box = { backgroundColor: 'var(--raised)', border: '1px solid var(--line-2)', borderRadius: '6px', boxShadow: 'var(--shadow)' };

const theme = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--text)', fontSize: '12px', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 16px 0 6px' },
  '.cm-gutters': { backgroundColor: 'transparent', border: '0', color: 'var(--text-3)', minWidth: '40px' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 12px', minWidth: '28px' },
  '.cm-activeLineGutter, .cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--text)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--select)', outline: '0' },
  '.cm-line.wrong': { backgroundColor: 'var(--p1-soft)' },
  '.cm-gutterElement.wrong': { color: 'var(--p1-text)', fontWeight: '600' },
  '.wave': { textDecoration: 'underline wavy var(--p1-text) 1px', textUnderlineOffset: '3px' },
  '.remark-room': { padding: '4px 16px 8px 6px' },
  '.remark': {
    padding: '8px 12px', border: '1px solid var(--p1-text)', borderRadius: '6px', backgroundColor: 'var(--surface)',
    font: '13px/20px var(--sans)', whiteSpace: 'normal', overflowWrap: 'anywhere', cursor: 'default',
  },
  '.remark b': { color: 'var(--p1-text)', fontWeight: '600', marginRight: '8px', fontVariantNumeric: 'tabular-nums' },
  '.remark-foot': { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px', justifyContent: 'space-between', paddingTop: '4px' },
  '.remark code': { fontFamily: 'var(--mono)', fontSize: '11px', color: 'var(--text-3)', marginLeft: 'auto' },
  '.remark button': {
    font: '500 13px/20px var(--sans)', minHeight: 'calc(var(--control) - 2px)', padding: '0 10px', borderRadius: '6px', cursor: 'pointer',
    border: '1px solid var(--accent-solid)', backgroundColor: 'var(--accent-solid)', color: 'var(--on-accent)',
  },
  '.remark button:focus-visible': { outline: '2px solid var(--accent)', outlineOffset: '2px' },
  '.cm-tooltip': { ...box, color: 'var(--text)', overflow: 'hidden' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12px', maxHeight: '232px', minWidth: '240px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { display: 'flex', gap: '24px', padding: '4px 10px', lineHeight: '18px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--select)', color: 'var(--text)' },
  '.cm-completionLabel': { flex: '1' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)' },
  '.cm-completionDetail': { font: '12px/18px var(--sans)', fontStyle: 'normal', color: 'var(--text-3)', marginLeft: 'auto' },
});

const code = HighlightStyle.define([
  { tag: [tags.propertyName, tags.function(tags.variableName)], color: 'var(--data-1)' },
  { tag: tags.string, color: 'var(--add)' },
  { tag: [tags.number, tags.keyword, tags.atom], color: 'var(--del)' },
  { tag: tags.comment, color: 'var(--text-3)' },
]);

export const look = [theme, syntaxHighlighting(code), EditorView.lineWrapping];
