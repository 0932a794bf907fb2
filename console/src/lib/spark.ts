// SPDX-License-Identifier: Apache-2.0

export interface SparkBox {
  width: number;
  height: number;
  from: number;
  to: number;
  /** A silence longer than this, in ms, breaks the line. */
  gap: number;
  /** Words and switches hold their value until the next: draw steps. */
  steps?: boolean;
}
export interface Spark {
  path: string;
  end: { x: number; y: number } | undefined;
  low: number;
  high: number;
}

/** The path of a sparkline on its own scale; two pixels of margin keep the end dot whole. */
export function spark(t: readonly number[], v: readonly (number | null)[], box: SparkBox): Spark {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < t.length; i++) {
    const value = v[i];
    if (value == null || t[i]! < box.from) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { path: '', end: undefined, low: 0, high: 0 };
  const flat = high === low;
  const x = (time: number) => 2 + ((time - box.from) / (box.to - box.from || 1)) * (box.width - 5);
  const y = (value: number) => (flat ? box.height / 2 : box.height - 3 - ((value - low) / (high - low)) * (box.height - 6));
  let path = '';
  let pen = false;
  let before = 0;
  let end: Spark['end'];
  for (let i = 0; i < t.length; i++) {
    const value = v[i];
    const time = t[i]!;
    if (value == null) {
      pen = false;
      continue;
    }
    if (time < box.from) continue;
    end = { x: round(Math.min(x(time), box.width - 3)), y: round(y(value)) };
    if (!pen || time - before > box.gap) path += `M${end.x} ${end.y}`;
    else path += box.steps ? `H${end.x}V${end.y}` : `L${end.x} ${end.y}`;
    pen = true;
    before = time;
  }
  return { path, end, low, high };
}

const round = (n: number) => Math.round(n * 10) / 10;
