// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'preact/hooks';
import { ageOf, instant } from '../lib/time.ts';
import { type Freshness, timeOf, type Value } from '../lib/twin.ts';
import { now } from '../state/clock.ts';
import { oldState } from '../state/freshness.ts';
import { instantText, words } from '../state/language.ts';
import { link } from '../state/link.ts';

/** The sign of freshness, without any hue: a dot, a half-filled ring, a dashed ring. */
export const Mark = ({ is }: { is: Freshness }) => (
  <svg class={`mark ${is}`} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
    {is === 'fresh' && <circle cx="5" cy="5" r="3" class="solid" />}
    {is === 'late' && <><circle cx="5" cy="5" r="3.6" class="ring" /><path d="M5 1.4a3.6 3.6 0 0 1 0 7.2z" class="solid" /></>}
    {is === 'stale' && <circle cx="5" cy="5" r="3.6" class="ring dashed" />}
  </svg>
);

/** What the server says; where nothing is declared a value is as good as it came. Without a server nothing is fresh. */
export const freshnessOf = (value: Value | undefined): Freshness =>
  link.value.kind === 'lost' ? 'stale' : (value?.freshness ?? 'fresh');

/** Of a twin that is late or stale its mark and word; of others nothing. */
export const TwinMark = ({ id }: { id: string }) => {
  const is = oldState(id);
  return is ? <span class={`age ${is} small`}><Mark is={is} /><span>{words.value.freshnessOf(is)}</span></span> : null;
};

/** Mark and age of a value; the exact instants on hover. No mark where nobody said how often it is expected. */
export function AgeOf({ value, mark = true }: { value: Value | undefined; mark?: boolean }) {
  const w = words.value;
  const time = value && instant(timeOf(value));
  if (!value || time === undefined) return <span class="age faint">{w.never}</span>;
  const is = freshnessOf(value);
  const age = w.age(ageOf(time, now.value));
  return (
    <span class={`age ${is}`} title={instantsOf(value)}>
      {mark && (value.freshness !== undefined || is !== 'fresh') && <Mark is={is} />}
      <span>{is === 'late' ? w.late(age) : is === 'stale' ? w.stale(age) : age}</span>
    </span>
  );
}

/** Source and arrival time, exactly. */
export function instantsOf(value: Value): string {
  const w = words.value;
  const line = (head: string, text: string | null) => (text ? `${head}: ${instantText(instant(text) ?? 0)}` : '');
  return [line(w.sourceTime, value.sourceTime), line(w.arrivalTime, value.arrivalTime)].filter(Boolean).join('\n');
}

/** How long ago an instant was, followed by the clock. */
export const Ago = ({ time }: { time: string | null }) => {
  const at = instant(time);
  return at === undefined ? <span>{words.value.never}</span> : <span title={instantText(at)}>{words.value.age(ageOf(at, now.value))}</span>;
};

/** Fades its background once when `of` changes, at most once a second; never at first. */
export function useFade<T extends HTMLElement>(of: unknown) {
  const ref = useRef<T>(null);
  const seen = useRef({ of, at: 0 });
  useEffect(() => {
    if (seen.current.of === of) return;
    const quiet = Date.now() - seen.current.at < 1000;
    seen.current = { of, at: quiet ? seen.current.at : Date.now() };
    if (quiet || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--select');
    ref.current?.animate([{ backgroundColor: colour }, { backgroundColor: 'transparent' }], { duration: 600, easing: 'ease-out' });
  }, [of]);
  return ref;
}
