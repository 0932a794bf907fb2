// SPDX-License-Identifier: Apache-2.0
import type { Draft, Shape } from '../lib/shape.ts';
import { said, words } from '../state/language.ts';
import { FormLine, SelectLine, TextLine } from './form.tsx';

interface Props {
  id: string;
  label: string;
  shape: Shape;
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** Beside the label. */
  unit?: string;
  autofocus?: boolean;
}

/** The controls for a value of a schema: one for a plain one, one each for the parts of an object. */
export function ShapeInput({ id, label, shape, draft, onChange, unit, autofocus }: Props) {
  const w = words.value;
  if (shape.kind === 'object') {
    const own = typeof draft === 'object' ? draft : {};
    return (
      <fieldset class="parts">
        <legend class="dim small">{label}</legend>
        {shape.parts.map((part, i) => (
          <ShapeInput
            key={part.name} id={`${id}-${part.name}`} label={said(part.label) ?? part.name} shape={part.shape} draft={own[part.name] ?? ''} autofocus={autofocus === true && i === 0}
            onChange={(next) => onChange({ ...own, [part.name]: next })}
          />
        ))}
      </fieldset>
    );
  }
  const text = typeof draft === 'string' ? draft : '';
  const note = shape.kind === 'datetime-local' ? 'UTC' : unit;
  const common = { id, label, value: text, onChange, ...(note ? { note } : {}) };
  if (shape.kind === 'boolean') return <SelectLine {...common} options={[{ value: 'true', label: w.yes }, { value: 'false', label: w.no }]} />;
  if (shape.kind === 'enum') return <SelectLine {...common} options={shape.choices.map((choice) => ({ value: String(choice.value), label: said(choice.label) ?? String(choice.value) }))} />;
  if (shape.kind === 'json') {
    return <FormLine id={id} label={label} note="JSON"><textarea id={id} class="field mono area" rows={3} spellcheck={false} value={text} onInput={(e) => onChange(e.currentTarget.value)} /></FormLine>;
  }
  const type = shape.kind === 'date' || shape.kind === 'datetime-local' || shape.kind === 'time' ? shape.kind : 'text';
  const { onChange: onInput, ...line } = common;
  return <TextLine {...line} onInput={onInput} type={type} autofocus={autofocus === true} />;
}
