// SPDX-License-Identifier: Apache-2.0
// Words of what is wanted of a device: desired values, commands, and how fresh its values are.
const plural = new Intl.PluralRules('en');
const n = (count: number, one: string, other: string) => `${count} ${plural.select(count) === 'one' ? one : other}`;

export const controlEn = {
  wishStatus: 'Status',
  wishStatuses: { pending: 'pending', delivered: 'delivered', applied: 'applied', rejected: 'rejected', 'timed out': 'timed out' } as Readonly<Record<string, string>>,
  wishEnds: (time: string) => `ends ${time}`,
  set: 'Set',
  setTitle: (name: string) => `Desired ${name}`,
  setLead: 'A device hears of it now, or when it connects.',
  takeBack: 'Take back',
  endsAfter: 'Ends after',
  endsNever: 'never',
  endSpans: { '60': '1 min', '3600': '1 h', '86400': '1 day' } as Readonly<Record<string, string>>,
  wished: (name: string) => `${name}: wished for.`,
  wishTaken: (name: string) => `${name}: no longer wished for.`,
  shapeWrong: (text: string) => `“${text}” is not of this type.`,
  shapeWrongAt: (path: string, text: string) => `${path}: “${text}” is not of this type.`,
  shapeWanted: { integer: 'Use a whole number, for example 42.', number: 'Use digits, for example 1900.5.', json: 'Use JSON, for example [1, 2].' } as Readonly<Record<string, string>>,

  call: 'Call',
  callTitle: (name: string) => `Call ${name}`,
  callLead: (seconds: string) => `The device has ${seconds} s to answer.`,
  timeoutHead: 'Time-out',
  timeoutSpans: { '5': '5 s', '30': '30 s', '120': '2 min', '600': '10 min' } as Readonly<Record<string, string>>,
  noArgument: 'It asks for nothing.',
  payloadOf: 'Payload',
  responseOf: 'Response',
  executions: 'Calls',
  noExecutions: 'Nothing was called yet.',
  olderExecutions: 'Only the first 500 are listed: pollux command list',
  calledBy: (who: string) => `by ${who}`,
  answeredBy: (who: string) => `ended by ${who}`,

  freshnessOf: (state: string) => ({ fresh: 'fresh', late: 'late', stale: 'stale', unknown: 'freshness unknown' })[state] ?? state,
  freshnessSince: (state: string, age: string) => `${state}, for ${age}`,
  freshCounts: (fresh: number, all: number) => `${fresh} of ${n(all, 'value', 'values')} fresh`,
  worstOf: (id: string) => `worst: ${id}`,
};
