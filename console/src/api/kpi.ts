// SPDX-License-Identifier: Apache-2.0
import type { Oee } from '../lib/oee.ts';
import { get } from './http.ts';

export const readOee = (line: string, from: number, to: number, signal?: AbortSignal) =>
  get<Oee>(`/api/v1/kpi/oee?${new URLSearchParams({ twin: line, from: new Date(from).toISOString(), to: new Date(to).toISOString() })}`, signal);
