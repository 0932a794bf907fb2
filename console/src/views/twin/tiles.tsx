// SPDX-License-Identifier: Apache-2.0
import { numbers, type Series } from '../../lib/series.ts';
import { scalar, type Twin } from '../../lib/twin.ts';
import { now } from '../../state/clock.ts';
import { number, words } from '../../state/language.ts';
import { fieldName, fieldOf } from '../../state/models.ts';
import { go, hrefWith, route, spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { AgeOf, freshnessOf, instantsOf, useFade } from '../../ui/mark.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { digitsOf, unitOf, valueText } from './value.ts';

/** One tile a value: name, figure and unit, the last while, age, quality. A click opens the chart. */
export function Tiles({ id, twin, names }: { id: string; twin: Twin; names: readonly string[] }) {
  const drawn = names.filter((name) => scalar(twin.values[name]?.value) !== undefined);
  const trail = useTrail({ twin: id, properties: drawn, spanMs: spanMs.value, points: 240 }).value;
  return (
    <ul class="tiles">
      {names.map((name) => <Tile key={name} twin={twin} name={name} series={trail.series[name]} />)}
    </ul>
  );
}

function Tile({ twin, name, series }: { twin: Twin; name: string; series: Series | undefined }) {
  const w = words.value;
  const value = twin.values[name]!;
  const title = fieldName(twin.model, name);
  const unit = unitOf(twin, name);
  const isNumber = typeof value.value === 'number';
  const digits = typeof value.value === 'number' ? digitsOf(series, value.value) : 0;
  const text = valueText(twin, name, value.value, digits);
  const is = freshnessOf(value);
  const fade = useFade<HTMLSpanElement>(value.value);
  const chosen = route.value.query['p'] === name;
  return (
    <li class={`tile ${is}${chosen ? ' chosen' : ''}`}>
      <button type="button" aria-pressed={chosen} aria-label={`${title}: ${text} ${unit}. ${w.selectValue(title)}`} onClick={() => go(hrefWith({ p: name }))}>
        <span class="tile-name dim clip" title={name}>{title}</span>
        <span class={isNumber ? 'tile-value' : 'tile-value tile-word'} title={instantsOf(value)}>
          <span ref={fade} class="figure clip">{text}</span>{isNumber && unit && <span class="faint small">{unit}</span>}
        </span>
        <Trace twin={twin} name={name} series={series} digits={digits} unit={unit} stale={is === 'stale'} />
        <span class="tile-foot small">
          <AgeOf value={value} /><span class="grow" />
          <span class={value.quality === 'good' ? 'faint' : 'dim strong-ish'}>{w.quality(value.quality)}</span>
        </span>
      </button>
    </li>
  );
}

function Trace({ twin, name, series, digits, unit, stale }: { twin: Twin; name: string; series: Series | undefined; digits: number; unit: string; stale: boolean }) {
  const w = words.value;
  const vocabulary = fieldOf(twin.model, name)?.words.map((word) => word.value) ?? [];
  const isNumber = typeof twin.values[name]?.value === 'number';
  const held = series ? hold(series, isNumber) : { t: [], v: [] };
  const { t, v } = numbers(held, vocabulary);
  const known = v.filter((x): x is number => x !== null);
  const label = isNumber && known.length > 0
    ? w.lowToHigh(number(Math.min(...known), digits), number(Math.max(...known), digits), unit)
    : valueText(twin, name, twin.values[name]?.value);
  return <Sparkline t={t} v={v} from={now.value - spanMs.value} to={now.value} steps={!isNumber} stale={stale} label={label} />;
}

/** A word or a switch holds until the next one, so its line reaches now. */
function hold(series: Series, isNumber: boolean): Series {
  const end = series.v.length - 1;
  return isNumber || end < 0 ? series : { t: [...series.t, now.value], v: [...series.v, series.v[end]!] };
}
