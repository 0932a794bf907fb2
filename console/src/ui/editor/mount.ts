// SPDX-License-Identifier: Apache-2.0
// The editor itself. Loaded when one is drawn for the first time, never with the page.
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, type CompletionSource } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import type { Completion } from '../../lib/complete.ts';
import { rangeOf, type Remark } from '../../lib/remark.ts';
import { languages } from './languages.ts';
import { look } from './look.ts';
import { remarks, remarksEffect, type RemarkWords } from './remarks.ts';
import { typing } from './typing.ts';

export interface Options {
  language: 'json' | 'query';
  /** What the text is, for whoever does not see it. */
  label: string;
  text: string;
  readOnly: boolean;
  words: RemarkWords;
  onChange?: ((text: string) => void) | undefined;
  onCursor?: ((line: number, column: number) => void) | undefined;
  onRun?: (() => void) | undefined;
  complete?: ((text: string, at: number) => Completion | undefined) | undefined;
}
export interface Editing {
  setText: (text: string) => void;
  setRemarks: (all: readonly Remark[]) => void;
  show: (remark: Remark) => void;
  destroy: () => void;
}

export function mount(host: HTMLElement, latest: { current: Options }): Editing {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const { language, readOnly, text } = latest.current;
  const run = (editor: EditorView) => (closeCompletion(editor), latest.current.onRun?.(), true);
  const view = new EditorView({
    root, parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), highlightActiveLineGutter(), history(), bracketMatching(), closeBrackets(), typing, languages[language], look,
        remarks(() => latest.current.words),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': latest.current.label, ...(readOnly ? { 'aria-readonly': 'true' } : {}) }),
        autocompletion({ override: [source(latest)], icons: false }),
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          const at = update.state.selection.main.head;
          const line = update.state.doc.lineAt(at);
          if (update.docChanged || update.selectionSet) latest.current.onCursor?.(line.number, at - line.from + 1);
        }),
      ],
    }),
  });
  return {
    setText: (next) => {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setRemarks: (all) => view.dispatch({ effects: remarksEffect(all) }),
    show: ({ line, column }) => {
      const { from, to } = rangeOf(view.state.doc.toString(), line, column);
      view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

const source = (latest: { current: Options }): CompletionSource => (context) => {
  const found = latest.current.complete?.(context.state.doc.toString(), context.pos);
  if (!found || (!context.explicit && found.from === context.pos && !/[.']$/.test(context.state.sliceDoc(0, context.pos)))) return null;
  return {
    from: found.from,
    options: found.choices.map((choice, i) => ({ label: choice.text, detail: choice.detail, type: choice.kind, boost: choice.kind === 'name' ? 50 : -i / 100 })),
    validFor: /^[\w$:;. ]*$/,
  };
};
