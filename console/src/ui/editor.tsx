// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Completion } from '../lib/complete.ts';
import { type Remark, sentenceOf } from '../lib/remark.ts';
import { words } from '../state/language.ts';
import type { Editing, Options } from './editor/mount.ts';

interface Props {
  language: 'json' | 'query';
  label: string;
  text: string;
  /** Goes up when `text` came from elsewhere; what the editor itself told is not given back to it. */
  given?: number;
  readOnly?: boolean;
  remarks?: readonly Remark[];
  onChange?: (text: string) => void;
  onCursor?: (line: number, column: number) => void;
  /** Ctrl Enter. */
  onRun?: () => void;
  complete?: (text: string, at: number) => Completion | undefined;
  /** Set while the editor is there: how to bring a remark into view. */
  onReady?: (editing: Editing) => void;
}

const NONE: readonly Remark[] = [];

/** Text with colours, marks and completion. Until the editor has come, the text itself stands here. */
export function Editor(props: Props) {
  const { language, text, given = 0, readOnly = false, remarks = NONE } = props;
  const host = useRef<HTMLDivElement>(null);
  const absent = useSignal(false);
  const editing = useRef<Editing | undefined>(undefined);
  const latest = useRef<Options & { remarks: readonly Remark[] }>(undefined!);
  latest.current = { ...props, readOnly, remarks, words: { use: words.value.useWord } };

  useEffect(() => {
    let gone = false;
    void import('./editor/mount.ts').then(({ mount }) => {
      if (gone || !host.current) return;
      editing.current = mount(host.current, latest);
      editing.current.setRemarks(latest.current.remarks);
      props.onReady?.(editing.current);
    }).catch(() => (absent.value = true));
    return () => {
      gone = true;
      editing.current?.destroy();
      editing.current = undefined;
    };
  }, [language, readOnly]);
  useEffect(() => editing.current?.setText(latest.current.text), [given]);
  useEffect(() => editing.current?.setRemarks(remarks), [remarks, words.value]);
  if (absent.value) return <Plain {...props} remarks={remarks} />;
  return <div ref={host} class="editor"><pre class="editor-wait mono">{text}</pre></div>;
}

/** Where the editor's script cannot be had the text can still be written, and what is wrong be read. */
const Plain = ({ text, label, readOnly, onChange, remarks }: Props & { remarks: readonly Remark[] }) => (
  <div class="editor plain">
    <textarea class="mono" aria-label={label} readOnly={readOnly} spellcheck={false} value={text} onInput={(e) => onChange?.(e.currentTarget.value)} />
    {remarks.length > 0 && <ul class="small">{remarks.map((r, i) => <li key={i}><b>{r.line}:{r.column}</b> {sentenceOf(r.message)}</li>)}</ul>}
  </div>
);
