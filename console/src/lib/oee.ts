// SPDX-License-Identifier: Apache-2.0
// Where the planned time of a line went. The ratios come from the server; the losses are the same
// figures in seconds: planned = good + rejects + speed + stops. Source: ISO 22400-2.

export interface Oee {
  /** Of a line its bottleneck, of a unit itself. */
  unit: string;
  availability: number | null;
  effectiveness: number | null;
  quality: number | null;
  oee: number | null;
  plannedBusySeconds: number;
  productionSeconds: number;
  good: number;
  total: number;
  idealCycleSeconds: number;
}
export interface Losses {
  good: number;
  rejects: number;
  speed: number;
  stops: number;
}

/** Seconds of each part, never below 0: a unit faster than its ideal has no speed loss. */
export function lossesOf(kpi: Oee): Losses {
  return {
    good: Math.max(0, kpi.good * kpi.idealCycleSeconds),
    rejects: Math.max(0, (kpi.total - kpi.good) * kpi.idealCycleSeconds),
    speed: Math.max(0, kpi.productionSeconds - kpi.total * kpi.idealCycleSeconds),
    stops: Math.max(0, kpi.plannedBusySeconds - kpi.productionSeconds),
  };
}
