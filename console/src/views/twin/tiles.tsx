// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import { changes, numbers, type Series } from '../../lib/series.ts';
import { scalar, type Twin } from '../../lib/twin.ts';
import { asNumber } from '../../lib/written.ts';
import { now } from '../../state/clock.ts';
import { number, words } from '../../state/language.ts';
import { knownUntil } from '../../state/link.ts';
import { fieldName, fieldOf } from '../../state/models.ts';
import { go, hrefWith, route, spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { AgeOf, freshnessOf, instantsOf, useFade } from '../../ui/mark.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { happenings } from '../shell/time-bar.tsx';
import { digitsOf, drawable, unitOf, valueText } from './value.ts';

/** One tile a value: name, figure and unit, the last while, age, quality. A click opens the chart. */
export function Tiles({ id, twin, names }: { id: string; twin: Twin; names: readonly string[] }) {
  const drawn = names.filter((name) => scalar(twin.values[name]?.value) !== undefined);
  const trail = useTrail({ twin: id, properties: drawn, spanMs: spanMs.value, points: 240 }).value;
  const turns = changes(trail.series['state'] ?? { t: [], v: [] }).filter((c) => c.before !== undefined).map((c) => c.time);
  useEffect(() => {
    happenings.value = turns;
    return () => void (happenings.value = []);
  }, [turns.join()]);
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
  const isNumber = asNumber(value.value) !== undefined;
  const digits = typeof value.value === 'number' ? digitsOf(series, value.value) : 0;
  const text = valueText(twin, name, value.value, digits);
  const is = freshnessOf(value);
  const fade = useFade<HTMLSpanElement>(scalar(value.value) ?? value.value);
  const chosen = route.value.query['p'] === name;
  return (
    <li class={`tile ${is}${chosen ? ' chosen' : ''}`}>
      <button type="button" aria-pressed={chosen} onClick={() => go(hrefWith({ p: name }))}>
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
  const isNumber = asNumber(twin.values[name]?.value) !== undefined;
  const from = now.value - spanMs.value;
  const { t, v } = numbers(drawable(twin.values[name]!, series, from, knownUntil.value), vocabulary);
  const known = v.filter((x): x is number => x !== null);
  const label = isNumber && known.length > 0
    ? w.lowToHigh(number(Math.min(...known), digits), number(Math.max(...known), digits), unit)
    : valueText(twin, name, twin.values[name]?.value);
  return <Sparkline t={t} v={v} from={from} to={now.value} steps={!isNumber || twin.values[name]!.kind === 'property'} stale={stale} label={label} />;
}
