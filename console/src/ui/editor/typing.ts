// SPDX-License-Identifier: Apache-2.0
// A plain letter is put into the text by us and not by the browser, which would carry the colour of
// what it replaces along as an inline style, and the page's policy forbids those. What is composed,
// as Chinese is, stays the browser's.
import { EditorView } from '@codemirror/view';

export const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.data;
    if (event.inputType !== 'insertText' || event.isComposing || view.composing || view.state.readOnly || !text) return false;
    const { from, to } = view.state.selection.main;
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
    const taken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert));
    if (!taken) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});
