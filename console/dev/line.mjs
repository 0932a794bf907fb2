// SPDX-License-Identifier: Apache-2.0
// A small bottling line that moves, for developing the page without a server. Not the plant emulator.
import { modelId, MODELS } from './models.mjs';

const UNITS = [
  ['depalletiser', 'Depalletiser'], ['rinser', 'Rinser'], ['filler', 'Filler'], ['capper', 'Capper'], ['packer', 'Case packer'],
];
const IDEAL = 1.1;
const KEEP_MS = 24 * 3600 * 1000;

let seed = 7;
const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);

export class Plant {
  twins = new Map();
  relations = [];
  history = new Map(); // `${id} ${property}` -> [[ms, value], …]
  listeners = new Set();
  seq = 1000;
  desired = new Map();

  constructor(now) {
    this.add('riverside', 'Site', { name: 'Riverside plant' });
    this.add('riverside.packaging', 'Area', { name: 'Packaging' });
    this.add('riverside.line2', 'Line', { name: 'Line 2' });
    this.relate('riverside', 'contains', 'riverside.packaging');
    this.relate('riverside.packaging', 'contains', 'riverside.line2');
    this.units = UNITS.map(([key, name], i) => {
      const id = `riverside.line2.${key}`;
      this.add(id, 'WorkUnit', { name });
      this.relate('riverside.line2', 'contains', id);
      return { id, i, state: 'running', reason: 'none', until: 0, good: 0, reject: 0, carry: 0, slow: 1, heat: 54 + i, run: true };
    });
    this.buffers = UNITS.slice(1).map((_, i) => {
      const id = `riverside.line2.b${i + 1}`;
      this.add(id, 'Buffer', { name: `Buffer ${i + 1}`, capacity: 60 });
      this.relate('riverside.line2', 'contains', id);
      this.relate(this.units[i].id, 'feeds', id);
      this.relate(id, 'feeds', this.units[i + 1].id);
      return { id, level: 30 };
    });
    for (let t = now - 40 * 60_000; t < now; t += 1000) this.step(t);
  }

  add(id, model, values) {
    const at = new Date(Date.now() - 3600_000).toISOString();
    const twin = { id, model: modelId(model), seq: this.seq, updated: at, values: {}, desired: model === 'WorkUnit' ? { run: { value: true, version: 1 } } : {} };
    this.twins.set(id, twin);
    for (const [name, value] of Object.entries(values)) this.put(twin, name, value, at);
  }

  relate(source, name, target) {
    this.relations.push({ $relationshipId: `${source}-${name}-${target}`, $sourceId: source, $relationshipName: name, $targetId: target });
  }

  put(twin, name, value, time) {
    const field = MODELS.get(twin.model).contents.find((c) => c.name === name);
    twin.values[name] = { value, sourceTime: time, arrivalTime: time, quality: 'good', kind: field?.['@type'] === 'Property' ? 'property' : 'telemetry', unit: field?.unit ?? null };
    twin.updated = time;
    const key = `${twin.id} ${name}`;
    if (!this.history.has(key)) this.history.set(key, []);
    const points = this.history.get(key);
    points.push([Date.parse(time), value]);
    while (points.length > 1 && points[0][0] < points.at(-1)[0] - KEEP_MS) points.shift();
  }

  say(id, ms, values) {
    const twin = this.twins.get(id);
    const time = new Date(ms).toISOString();
    const changed = {};
    for (const [name, value] of Object.entries(values)) {
      this.put(twin, name, value, time);
      changed[name] = { value, sourceTime: time };
    }
    twin.seq = ++this.seq;
    for (const listener of this.listeners) listener({ position: this.seq, change: { twin: id, time, values: changed } });
  }

  step(ms) {
    for (const unit of this.units) this.stepUnit(unit, ms);
    for (const b of this.buffers) this.say(b.id, ms, { level: Math.round(b.level) });
    this.say('riverside.line2', ms, { rate: Math.round(this.units.at(-1).pace * 10) / 10, ...(ms % 60_000 < 1000 ? { orderId: '4711' } : {}) });
  }

  stepUnit(unit, ms) {
    const { i } = unit;
    const before = i > 0 ? this.buffers[i - 1] : undefined;
    const after = this.buffers[i];
    if (!unit.run) [unit.state, unit.reason] = ['stopped', 'operator'];
    else if (unit.until > ms) [unit.state, unit.reason] = ['fault', 'jam'];
    else if (before && before.level < 1) [unit.state, unit.reason] = ['starved', 'noInput'];
    else if (after && after.level > 59) [unit.state, unit.reason] = ['blocked', 'outputFull'];
    else [unit.state, unit.reason] = ['running', 'none'];
    if (unit.state === 'running' && random() < 0.0016) unit.until = ms + 15_000 + random() * 90_000;
    if (random() < 0.004) unit.slow = random() < 0.3 ? 1.25 : 1;
    const cycle = IDEAL * unit.slow * (0.97 + random() * 0.08);
    let made = 0;
    if (unit.state === 'running') {
      unit.carry += 1 / cycle;
      made = Math.floor(unit.carry);
      unit.carry -= made;
      if (before) made = Math.min(made, Math.floor(before.level));
    }
    const bad = made > 0 && random() < 0.02 ? 1 : 0;
    unit.good += made - bad;
    unit.reject += bad;
    if (before) before.level = Math.max(0, before.level - made);
    if (after) after.level = Math.min(60, after.level + made - bad);
    unit.pace = unit.state === 'running' ? 60 / cycle : 0;
    unit.heat += ((unit.state === 'running' ? 62 + i * 2 : 40) - unit.heat) / 300 + (random() - 0.5) * 0.1;
    const was = this.twins.get(unit.id).values;
    this.say(unit.id, ms, {
      ...(was.state?.value !== unit.state ? { state: unit.state, reason: unit.reason } : {}),
      ...(was.idealCycleTime ? {} : { idealCycleTime: IDEAL }),
      ...(was.run?.value !== unit.run ? { run: unit.run } : {}),
      goodCount: unit.good, rejectCount: unit.reject, totalCount: unit.good + unit.reject,
      cycleTime: Math.round(cycle * 1000) / 1000,
      power: Math.round((unit.state === 'running' ? 4 + i * 0.6 + random() * 0.4 : 0.4) * 100) / 100,
      ...(ms % 10_000 < 1000 || !was.bearingTemperature ? { bearingTemperature: Math.round(unit.heat * 10) / 10 } : {}),
      ...(ms % 10_000 < 1000 || !was.vibrationRms ? { vibrationRms: Math.round((unit.state === 'running' ? 1.9 + random() * 0.3 : 0.1) * 100) / 100 } : {}),
    });
  }

  command(id, name) {
    const unit = this.units.find((u) => u.id === id);
    if (!unit) return { status: 'rejected', response: 'this twin takes no commands' };
    unit.run = name === 'start';
    if (unit.run) unit.until = 0;
    return { status: 'applied', response: null };
  }

  oee(from, to) {
    const unit = this.units[2].id;
    const states = this.history.get(`${unit} state`) ?? [];
    let production = 0;
    states.forEach(([t, s], k) => {
      const end = states[k + 1]?.[0] ?? to;
      if (s === 'running') production += Math.max(0, Math.min(to, end) - Math.max(from, t)) / 1000;
    });
    const delta = (name) => {
      const inside = (this.history.get(`${unit} ${name}`) ?? []).filter(([t]) => t >= from && t <= to);
      return inside.length ? inside.at(-1)[1] - inside[0][1] : 0;
    };
    const start = Math.max(from, states[0]?.[0] ?? from);
    const planned = (to - start) / 1000;
    const [good, total] = [delta('goodCount'), delta('totalCount')];
    const availability = production / planned;
    const effectiveness = production > 0 ? (total * IDEAL) / production : null;
    const quality = total > 0 ? good / total : null;
    const oee = effectiveness === null || quality === null ? null : availability * effectiveness * quality;
    return { unit, availability, effectiveness, quality, oee, plannedBusySeconds: planned, productionSeconds: production, good, total, idealCycleSeconds: IDEAL };
  }
}
