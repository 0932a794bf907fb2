// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { spark } from '../lib/spark.ts';

interface Props {
  t: readonly number[];
  v: readonly (number | null)[];
  from: number;
  to: number;
  gap?: number;
  steps?: boolean;
  height?: number;
  /** Data stopped: the line has no end dot. */
  stale?: boolean;
  /** What the line says, for whoever does not see it. */
  label: string;
}

/** The last while of one value: no axes, its own scale, a dot where it is now. */
export function Sparkline({ t, v, from, to, gap = Infinity, steps, height = 26, stale, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => (width.value = Math.round(entry?.contentRect.width ?? 0)));
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const line = width.value > 0 ? spark(t, v, { width: width.value, height, from, to, gap, ...(steps ? { steps } : {}) }) : undefined;
  return (
    <div ref={box} class="spark" style={{ height: `${height}px` }} role="img" aria-label={label}>
      {line?.path && (
        <svg width={width.value} height={height}>
          <path d={line.path} />
          {line.end && !stale && <circle cx={line.end.x} cy={line.end.y} r="2.2" />}
        </svg>
      )}
    </div>
  );
}
