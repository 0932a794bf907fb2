// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { Button } from '../../ui/button.tsx';
import { AreaLine, TextLine } from '../../ui/form.tsx';

interface Props {
  id: string;
  label: string;
  /** One is stored. */
  has: boolean;
  /** What was typed; null: it is to go; undefined: nothing was done. */
  value: string | null | undefined;
  onChange: (value: string | null | undefined) => void;
  problem?: string | undefined;
  /** Of several lines, such as a private key. */
  long?: boolean;
}

/** A secret goes in and never comes out: what is stored stays, unless another is typed or it is taken away. */
export function SecretLine({ id, label, has, value, onChange, problem, long }: Props) {
  const w = words.value;
  const line = { id, label, note: w.optional, problem, help: value === null ? w.secretGoes : has ? w.secretStays : undefined, value: value ?? '', onInput: (text: string) => onChange(text || undefined) };
  return (
    <>
      {long ? <AreaLine {...line} rows={4} /> : <TextLine {...line} type="password" />}
      {has && <p><Button kind="ghost" label={`${value === null ? w.secretKeep : w.secretTake}: ${label}`} onClick={() => onChange(value === null ? undefined : null)} /></p>}
    </>
  );
}
