// SPDX-License-Identifier: Apache-2.0
// What the server said, drawn where it belongs: the line, a wave below the word, and a box under the
// line with place, sentence, rule and, where the server knows one, the cure.
import { type Extension, type Range, RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, GutterMarker, gutterLineClass, WidgetType } from '@codemirror/view';
import { cureOf, rangeOf, type Remark, sentenceOf } from '../../lib/remark.ts';

/** Words of the page that the box needs. */
export interface RemarkWords {
  use: (word: string) => string;
}

const SHOWN_MAX = 50;
const setRemarks = StateEffect.define<readonly Remark[]>();
export const remarksEffect = (remarks: readonly Remark[]) => setRemarks.of(remarks);

const wrongLine = new (class extends GutterMarker {
  override elementClass = 'wrong';
})();

class Box extends WidgetType {
  constructor(readonly remark: Remark, readonly words: () => RemarkWords) {
    super();
  }
  override eq(other: Box): boolean {
    return JSON.stringify(other.remark) === JSON.stringify(this.remark);
  }
  override ignoreEvent(): boolean {
    return true;
  }
  override toDOM(view: EditorView): HTMLElement {
    const { line, column, message, code } = this.remark;
    const room = document.createElement('div'); // the editor measures it, and knows no margins
    room.className = 'remark-room';
    room.contentEditable = 'false';
    const box = room.appendChild(document.createElement('div'));
    box.className = 'remark';
    const place = document.createElement('b');
    place.textContent = `${line}:${column}`;
    const foot = document.createElement('div');
    foot.className = 'remark-foot';
    const cure = cureOf(message);
    if (cure && !view.state.readOnly) foot.append(this.button(view, cure));
    const rule = document.createElement('code');
    rule.textContent = code;
    foot.append(rule);
    box.append(place, sentenceOf(message), foot);
    return room;
  }
  private button(view: EditorView, cure: string): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = this.words().use(cure);
    button.onclick = () => {
      const text = view.state.doc.toString();
      const { from, to } = rangeOf(text, this.remark.line, this.remark.column);
      const quote = /["']/.test(text[from] ?? '') ? text[from]! : '';
      view.dispatch({ changes: { from, to, insert: quote + cure + quote } });
      view.focus();
    };
    return button;
  }
}

interface Drawn {
  marks: DecorationSet;
  gutter: RangeSet<GutterMarker>;
}
const NOTHING: Drawn = { marks: Decoration.none, gutter: RangeSet.empty };

export function remarks(words: () => RemarkWords): Extension {
  const draw = (text: string, all: readonly Remark[], lineAt: (at: number) => { from: number; to: number }): Drawn => {
    const marks: Range<Decoration>[] = [];
    const gutter = new Map<number, Range<GutterMarker>>();
    for (const remark of all.slice(0, SHOWN_MAX)) {
      const { from, to } = rangeOf(text, remark.line, remark.column);
      const line = lineAt(from);
      if (!gutter.has(line.from)) marks.push(Decoration.line({ class: 'wrong' }).range(line.from));
      gutter.set(line.from, wrongLine.range(line.from));
      if (to > from) marks.push(Decoration.mark({ class: 'wave' }).range(from, to));
      marks.push(Decoration.widget({ widget: new Box(remark, words), block: true, side: 1 }).range(line.to));
    }
    return { marks: Decoration.set(marks, true), gutter: RangeSet.of([...gutter.values()], true) };
  };
  const field = StateField.define<Drawn>({
    create: () => NOTHING,
    update: (was, change) => {
      for (const effect of change.effects) {
        if (effect.is(setRemarks)) return draw(change.state.doc.toString(), effect.value, (at) => change.state.doc.lineAt(at));
      }
      return change.docChanged ? { marks: was.marks.map(change.changes), gutter: was.gutter.map(change.changes) } : was;
    },
    provide: (f) => [EditorView.decorations.from(f, (d) => d.marks), gutterLineClass.from(f, (d) => d.gutter)],
  });
  return field;
}
