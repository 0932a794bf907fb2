// SPDX-License-Identifier: Apache-2.0
// The one wrapper of uPlot. The server down-samples; here a line is drawn, gaps stay gaps, and the
// cursor is moved by pointer or arrow keys and told to whoever draws the readout.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ROUND_STEPS } from '../lib/number.ts';
import { alone } from '../lib/series.ts';
import { ticks } from '../lib/time.ts';
import { clockText, language, number } from '../state/language.ts';
import { palette } from '../state/theme.ts';

interface Props {
  t: readonly number[];
  v: readonly (number | null)[];
  from: number;
  to: number;
  /** At least this high; it takes what its box gives. */
  height: number;
  /** Rates and counts start at zero; a level may show its own range. */
  zero?: boolean;
  steps?: boolean;
  /** A silence longer than this, in ms, breaks the line. */
  gap?: number;
  /** Names for 0, 1, 2 … of an enumeration. */
  labels?: readonly string[] | undefined;
  /** The finding, in a sentence. */
  label: string;
  /** The instant under the cursor in seconds, the nearest point's; undefined when it left. */
  onCursor?: (seconds: number | undefined) => void;
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart(props: Props) {
  const { t, v, from, to, height, gap = Infinity, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useLayoutEffect(() => {
    const node = box.current!;
    const made = new uPlot(options(latest, node.clientWidth, node.clientHeight), data(t, v, gap), node);
    plot.current = made;
    const watch = new ResizeObserver(() => node.clientWidth > 0 && made.setSize({ width: node.clientWidth, height: node.clientHeight }));
    watch.observe(node);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [palette.value, language.value, height, props.steps, props.zero, props.labels?.join()]);

  useEffect(() => {
    const made = plot.current;
    made?.batch(() => {
      made.setData(data(t, v, gap), false);
      made.setScale('x', { min: from / 1000, max: to / 1000 });
    });
  }, [t, v, from, to]);

  const key = (event: KeyboardEvent) => {
    const made = plot.current;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!made || !step) return;
    event.preventDefault();
    const left = made.cursor.left ?? -1;
    const width = made.over.clientWidth;
    const start = left < 0 ? width : left;
    made.setCursor({ left: Math.max(0, Math.min(width, start + step * (event.shiftKey ? 10 : 1))), top: 10 });
  };
  return <div ref={box} class="chart" style={{ minHeight: `${height}px` }} role="img" aria-label={label} tabIndex={0} onKeyDown={key} />;
}

/** uPlot breaks a line at a null, so a long silence gets one put in. */
function data(t: readonly number[], v: readonly (number | null)[], gap: number): uPlot.AlignedData {
  const x: number[] = [];
  const y: (number | null)[] = [];
  t.forEach((time, i) => {
    if (i > 0 && time - t[i - 1]! > gap) {
      x.push((t[i - 1]! + 1) / 1000);
      y.push(null);
    }
    x.push(time / 1000);
    y.push(v[i] ?? null);
  });
  return [x, y];
}

function options(latest: { current: Props }, width: number, height: number): uPlot.Options {
  const { zero, steps, labels } = latest.current;
  const font = `11px ${token('--sans')}`;
  const axis = { stroke: token('--text-3'), font, ticks: { show: false } };
  const stepped = steps ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    width, height, padding: [8, 12, 0, 0], legend: { show: false },
    cursor: {
      y: false, points: { size: 6, fill: token('--data-1') }, drag: { x: false, y: false, setScale: false },
    },
    scales: { x: { time: false }, y: { range: (_, low, high) => bounds(low, high, zero === true, labels) } },
    axes: [
      {
        ...axis, size: 24, gap: 6, grid: { show: false },
        splits: instants,
        values: (_, splits) => splits.map((s) => clockText(s * 1000, false)),
      },
      {
        ...axis, size: labels ? 76 : 44, gap: 8, grid: { stroke: token('--line'), width: 1 },
        ...(labels ? { splits: () => labels.map((_, i) => i), values: () => [...labels] } : { space: 44, incrs: [...ROUND_STEPS], values: figures }),
      },
    ],
    series: [{}, { stroke: token('--data-1'), width: 1.5, points: { show: false, size: 5, width: 0, fill: token('--data-1'), filter: (u, i) => alone([...(u.data[i] ?? [])]) }, ...(stepped ? { paths: stepped } : {}) }],
    hooks: { setCursor: [(u) => latest.current.onCursor?.(near(u))] },
  };
}

/** Round instants, none so near to an edge that its label would be cut off. */
function instants(u: uPlot): number[] {
  const [from, to] = [(u.scales['x']?.min ?? 0) * 1000, (u.scales['x']?.max ?? 0) * 1000];
  const margin = ((to - from) / Math.max(1, u.over.clientWidth)) * 8;
  return ticks(from + margin, to - margin, Math.max(2, Math.floor(u.width / 90))).map((ms) => ms / 1000);
}

/** The instant of the point nearest to the cursor. */
function near(u: uPlot): number | undefined {
  const { left, idx } = u.cursor;
  return left === undefined || left < 0 || idx === null || idx === undefined ? undefined : u.data[0][idx];
}

function bounds(low: number | null, high: number | null, zero: boolean, labels: readonly string[] | undefined): [number, number] {
  if (labels) return [-0.5, Math.max(0.5, labels.length - 0.5)];
  if (low === null || high === null) return [0, 1];
  const bottom = zero ? Math.min(0, low) : low;
  const room = (high - bottom || Math.abs(high) || 1) * 0.12;
  return [zero && bottom === 0 ? 0 : bottom - room, high + room];
}

function figures(_: uPlot, splits: number[]): string[] {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1;
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
  return splits.map((value) => number(value, digits));
}
