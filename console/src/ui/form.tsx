// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';

interface LineProps {
  /** Of the control inside; the label belongs to it. */
  id: string;
  label: string;
  help?: string | undefined;
  problem?: string | undefined;
  /** Beside the label, such as "optional". */
  note?: string | undefined;
  children: ComponentChildren;
}

/** Label above, control, one sentence below: what it is for, or what is wrong and how to mend it. */
export const FormLine = ({ id, label, help, problem, note, children }: LineProps) => (
  <div class="form-line">
    <label for={id} class="dim small">{label}{note && <span class="faint"> {note}</span>}</label>
    {children}
    {(problem || help) && <p id={`${id}-help`} class={problem ? 'field-problem small' : 'faint small'} role={problem ? 'alert' : undefined}>{problem || help}</p>}
  </div>
);

interface TextProps extends Omit<LineProps, 'children'> {
  value: string;
  onInput: (value: string) => void;
  mono?: boolean;
  type?: 'text' | 'password' | 'date' | 'datetime-local' | 'time';
  placeholder?: string | undefined;
  /** Proposals; anything else may be written as well. */
  choices?: readonly string[];
  autofocus?: boolean;
}

export const TextLine = ({ value, onInput, mono, type = 'text', placeholder, choices, autofocus, ...line }: TextProps) => (
  <FormLine {...line}>
    <input
      id={line.id} class={`field${mono ? ' mono' : ''}`} type={type as 'text'} value={value} placeholder={placeholder} spellcheck={false} autocomplete={type === 'password' ? 'new-password' : 'off'}
      list={choices ? `${line.id}-choices` : undefined} aria-invalid={line.problem ? true : undefined} aria-describedby={line.problem || line.help ? `${line.id}-help` : undefined}
      ref={(node) => void (autofocus && node && !node.dataset['seen'] && ((node.dataset['seen'] = '1'), node.focus()))} onInput={(e) => onInput(e.currentTarget.value)}
    />
    {choices && <datalist id={`${line.id}-choices`}>{choices.map((choice) => <option key={choice} value={choice} />)}</datalist>}
  </FormLine>
);

interface AreaProps extends Omit<LineProps, 'children'> {
  value: string;
  onInput: (value: string) => void;
  rows?: number;
  placeholder?: string | undefined;
}

/** Text of several lines: a certificate, a payload. */
export const AreaLine = ({ value, onInput, rows = 6, placeholder, ...line }: AreaProps) => (
  <FormLine {...line}>
    <textarea
      id={line.id} class="field mono area" rows={rows} value={value} placeholder={placeholder} spellcheck={false} autocomplete="off"
      aria-invalid={line.problem ? true : undefined} aria-describedby={line.problem || line.help ? `${line.id}-help` : undefined} onInput={(e) => onInput(e.currentTarget.value)}
    />
  </FormLine>
);

interface SelectProps extends Omit<LineProps, 'children'> {
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export const SelectLine = ({ value, options, onChange, disabled, ...line }: SelectProps) => (
  <FormLine {...line}>
    <select id={line.id} class="field" value={value} disabled={disabled} onChange={(e) => onChange(e.currentTarget.value)}>
      {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
    </select>
  </FormLine>
);
