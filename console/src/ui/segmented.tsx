// SPDX-License-Identifier: Apache-2.0
interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

/** A choice among few, all visible. */
export const Segmented = <T extends string>({ label, value, options, onChange }: Props<T>) => (
  <div class="segmented" role="group" aria-label={label}>
    {options.map((option) => (
      <button type="button" key={option.value} aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
        {option.label}
      </button>
    ))}
  </div>
);
