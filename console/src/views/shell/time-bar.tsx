// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import { ageOf, isSpan, type Span, SPANS, ticks } from '../../lib/time.ts';
import { now } from '../../state/clock.ts';
import { clockText, dateText, words, zoneText } from '../../state/language.ts';
import { link, retryNow } from '../../state/link.ts';
import { go, hrefWith, span, spanMs } from '../../state/route.ts';
import { Icon } from '../../ui/icon.tsx';
import { Mark } from '../../ui/mark.tsx';

/** What happened in the range, as instants: the view that is shown fills it. */
export const happenings = signal<readonly number[]>([]);

/** Always at the foot: is this live, which range, what happened when, what time is it. */
export function TimeBar() {
  const w = words.value;
  return (
    <section class={`time-bar ${link.value.kind}`} aria-label={w.timeBar} data-region tabIndex={-1}>
      <LinkState />
      <label class="range">
        <span class="unseen">{w.range}</span>
        <select value={span.value} onChange={(e) => choose(e.currentTarget.value)}>
          {(Object.keys(SPANS) as Span[]).map((s) => <option key={s} value={s}>{w.spans[s]}</option>)}
        </select>
        <Icon name="down" size={12} />
      </label>
      <Timeline />
      <p class="clock">
        <time class="strong">{clockText(now.value)}</time>
        <span class="faint tiny">{w.list([dateText(now.value), zoneText(now.value)])}</span>
      </p>
    </section>
  );
}

function choose(value: string): void {
  if (isSpan(value)) go(hrefWith({ range: value }));
}

/** Live, connecting, or lost: since when, what is shown, and another try. */
function LinkState() {
  const w = words.value;
  const state = link.value;
  if (state.kind !== 'lost') {
    return <p class="pill" role="status"><span class={`pill-dot ${state.kind}`} />{state.kind === 'live' ? w.live : w.connecting}</p>;
  }
  const text = state.since === undefined ? w.noServerYet : w.noServerFor(w.age(ageOf(state.since, now.value)), clockText(state.since));
  return (
    <div class="lost">
      <p class="unseen" role="alert">{w.noServer}</p>
      <p class="pill"><Mark is="stale" /><span>{text}</span></p>
      <button type="button" class="button ghost link" onClick={retryNow}>{w.retryNow}</button>
    </div>
  );
}

const SLOTS = 120;

/** Bars = happenings per slot of the range; the playhead stands at now. */
/** Of the span: so near to its end no label has room. */
const EDGE = 0.06;

function Timeline() {
  const w = words.value;
  const to = now.value;
  const from = to - spanMs.value;
  const counts = new Array<number>(SLOTS).fill(0);
  let total = 0;
  for (const time of happenings.value) {
    const slot = Math.floor(((time - from) / spanMs.value) * SLOTS);
    if (slot < 0 || slot >= SLOTS) continue;
    counts[slot]!++;
    total++;
  }
  const most = Math.max(3, ...counts);
  return (
    <div class="timeline grow" role="img" aria-label={w.stateChanges(total)} title={w.stateChanges(total)}>
      <div class="timeline-bars">
        {counts.map((count, i) => <span key={i} class={count > 0 ? 'some' : ''} style={{ height: `${count > 0 ? 4 + (10 * count) / most : 2}px` }} />)}
      </div>
      <div class="timeline-ticks">
        {ticks(from, to - spanMs.value * EDGE, 5).map((time) => (
          <span key={time} class="tiny faint" style={{ left: `${((time - from) / spanMs.value) * 100}%` }}>{clockText(time, false)}</span>
        ))}
      </div>
      <span class="playhead" />
    </div>
  );
}
