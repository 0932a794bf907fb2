// SPDX-License-Identifier: Apache-2.0
interface Props {
  label: string;
  value: string;
  tabs: readonly { value: string; label: string; count?: number }[];
  onChange: (value: string) => void;
}

/** Views of one thing; arrows move between them. The panel is the caller's, `panel-VALUE`. */
export function Tabs({ label, value, tabs, onChange }: Props) {
  const key = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(at + step + tabs.length) % tabs.length]!;
    onChange(next.value);
    document.getElementById(`tab-${next.value}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={key}>
      {tabs.map((tab) => (
        <button
          type="button" key={tab.value} id={`tab-${tab.value}`} role="tab" aria-selected={tab.value === value} tabIndex={tab.value === value ? 0 : -1}
          aria-controls={tab.value === value ? `panel-${tab.value}` : undefined} onClick={() => onChange(tab.value)}
        >
          {tab.label}{tab.count !== undefined && <span class="faint">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
