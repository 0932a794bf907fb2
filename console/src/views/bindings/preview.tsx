// SPDX-License-Identifier: Apache-2.0
import type { TriedValue } from '../../api/bindings.ts';
import { decimalsOf } from '../../lib/number.ts';
import { instant } from '../../lib/time.ts';
import { symbol } from '../../lib/unit.ts';
import { createdModel, last } from '../../state/binding.ts';
import { jsonText, Written } from '../../lib/written.ts';
import { clockText, instantText, language, number, whole, words } from '../../state/language.ts';
import { fieldName, fieldOf, wordFor } from '../../state/models.ts';
import { hrefTo } from '../../state/route.ts';
import { twinNow } from '../../state/twins.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty } from '../../ui/states.tsx';

/** A value as the twin would show it, with the unit of its model. */
export function triedText({ property, value, unit }: TriedValue, model: string | undefined) {
  const w = words.value;
  const text = typeof value === 'number' ? number(value, decimalsOf(value)) : value instanceof Written ? whole(value.text) : typeof value === 'boolean' ? (value ? w.yes : w.no)
    : typeof value === 'string' ? wordFor(fieldOf(model, property), value) : jsonText(value);
  return <>{text}{unit && <span class="faint small"> {symbol(unit, language.value)}</span>}</>;
}

/** What the last message would make of the twins; nothing is written. */
export function Preview() {
  const w = words.value;
  const values = last.value?.values ?? [];
  const twins = [...new Set(values.map((one) => one.twin))];
  return (
    <Panel title={w.twinPreview} note={w.previewNote} class="preview">
      {values.length === 0 && <Empty text={w.noPreview} />}
      {twins.map((id) => {
        const own = values.filter((one) => one.twin === id);
        const model = twinNow(id)?.model ?? createdModel.value;
        return (
          <section key={id} aria-label={id}>
            <p class="preview-twin">{own[0]!.new ? <><span class="mono">{id}</span> <span class="tag">{w.twinNew}</span></> : <a class="link mono" href={hrefTo('twin', id)}>{id}</a>}</p>
            <dl class="preview-values">
              {own.map((one, i) => (
                <div key={i}>
                  <dt class="dim">{fieldName(model, one.property)}</dt>
                  <dd class="figure">{triedText(one, model)}</dd>
                  {one.time && <dd class="faint tiny" title={instantText(instant(one.time) ?? 0)}>{clockText(instant(one.time) ?? 0)}</dd>}
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </Panel>
  );
}
