// SPDX-License-Identifier: Apache-2.0
// Every word of the console in English. zh.ts has the same keys, or the compiler complains. A
// sentence is one entry, never built from parts; numbers come in already formatted where they show.
import type { Age } from '../lib/time.ts';
import { bindingsEn } from './bindings-en.ts';
import { buildEn } from './build-en.ts';
import { controlEn } from './control-en.ts';
import { devicesEn } from './devices-en.ts';
import { problemsEn } from './problems-en.ts';
import { sourcesEn } from './sources-en.ts';

const plural = new Intl.PluralRules('en');
const n = (count: number, one: string, other: string) => `${count} ${plural.select(count) === 'one' ? one : other}`;

export const en = {
  ...buildEn,
  ...devicesEn,
  ...bindingsEn,
  ...controlEn,
  ...problemsEn,
  ...sourcesEn,

  // names of places
  overview: 'Overview',
  twins: 'Twins',
  operate: 'Operate',
  build: 'Build',
  navigation: 'Views',
  skip: 'Go to content',
  noPage: 'There is no such page',
  noPageAt: (address: string) => `Nothing of the console is at ${address}. The address may be cut off or mistyped.`,

  // the session
  signIn: 'Sign in',
  signInLead: 'Paste the token that the server printed when it started.',
  token: 'Token',
  tokenHelp: 'It is also in the file admin.token of the data directory.',
  tokenMissing: 'Paste a token first.',
  tokenRefused: 'The server does not know this token. Copy the whole line after “token:”.',
  signOut: 'Sign out',
  sessionEnded: 'The session has ended. Sign in again to go on.',
  role: (role: string) => ({ admin: 'Administrator', reader: 'Reader', device: 'Device', operator: 'Operator' })[role] ?? role,

  // appearance
  language: 'Language',
  otherLanguage: '中文',
  toOtherLanguage: '切换到简体中文',
  theme: 'Theme',
  themeSystem: 'System',
  themeLight: 'Light',
  themeDark: 'Dark',
  themeIs: (name: string) => `Theme: ${name}`,

  // search
  search: 'Search twins or run a command',
  searchEmpty: (text: string) => `Nothing is called “${text}”.`,
  views: 'Views',
  actions: 'Actions',
  keys: 'Keys',
  keysLead: 'Single letters do nothing while a field has focus.',
  keySearch: 'Search and commands',
  keyOverview: 'Overview',
  keyTwins: 'Twins',
  keyHelp: 'This list',
  keyRegion: 'Next region',
  keyTable: 'Tiles or table',
  keyUp: 'Close, or one level up',
  close: 'Close',

  // time
  age: (age: Age): string => {
    switch (age.unit) {
      case 'second':
        return `${age.value.toFixed(age.digits)} s`;
      case 'minute':
        return `${age.value} min`;
      case 'hour':
        return age.minutes ? `${age.value} h ${age.minutes} min` : `${age.value} h`;
      case 'day':
        return `${age.value} d`;
    }
  },
  timeBar: 'Time',
  live: 'Live',
  connecting: 'Connecting',
  noServer: 'No server',
  noServerFor: (age: string, clock: string) => `No server for ${age}. Showing ${clock}.`,
  noServerYet: 'No server answers.',
  retry: 'Retry',
  retryNow: 'Retry now',
  range: 'Range',
  spans: { '5m': 'Last 5 min', '15m': 'Last 15 min', '1h': 'Last hour', '8h': 'Last 8 h', '24h': 'Last 24 h' },
  spanIn: { '5m': 'last 5 min', '15m': 'last 15 min', '1h': 'last hour', '8h': 'last 8 h', '24h': 'last 24 h' },
  stateChanges: (count: number) => n(count, 'state change', 'state changes') + ' in this range',

  list: (parts: readonly string[]) => parts.filter(Boolean).join(', '),

  // the four drawn states
  loading: 'Loading',
  waitingFor: (what: string) => `Still waiting for ${what}.`,
  theServer: 'the server',
  failed: 'This could not be read',
  unreachable: 'The server does not answer. Check that it runs and that this address reaches it.',
  staleSince: (age: string) => `as of ${age} ago`,
  noHistory: 'No history in this range.',
  copy: 'Copy',
  copied: 'Copied',
  copyLink: 'Copy link',
  linkCopied: 'The link is copied.',

  // freshness and quality
  late: (age: string) => `late, ${age}`,
  stale: (age: string) => `stale, ${age}`,
  never: 'never received',
  quality: (quality: string) => ({ good: 'good', uncertain: 'uncertain', bad: 'bad' })[quality] ?? quality,

  // overview
  emptyTitle: 'No twins yet',
  emptyLead: 'Start the demonstration plant, or load a model and a twin of your own:',
  plantCalm: (count: number) => (count === 1 ? 'The work unit runs' : `All ${count} work units run`),
  plantStands: (standing: number, waiting: number, count: number, first: string) =>
    standing > 1 ? `${standing} of ${count} work units do not run` + (waiting > 0 ? `, ${waiting} wait` : '')
    : waiting > 0 ? `${first} does not run, ${waiting} of ${count} wait` : `${first} does not run, ${count - 1} of ${count} do`,
  plantWaits: (waiting: number, count: number, first: string) =>
    waiting === 1 ? `${first} waits, ${count - 1} of ${count} run` : `${waiting} of ${count} work units wait`,
  plantSlow: (slow: number, first: string) => (slow === 1 ? `All run, ${first} slowly` : `All run, ${slow} of them slowly`),
  plantUnknown: 'Nothing has been heard from the work units',
  partsPerMinute: 'parts per minute, buffers in %',
  lastMinutes: (minutes: number) => `last ${minutes} min`,
  perMinute: '/min',
  slow: 'Slow cycles',
  noState: 'No state yet',
  order: (id: string) => `Order ${id}`,
  good: (good: string) => `${good} good`,
  bufferFill: (name: string, percent: string) => `${name}: ${percent} % full`,
  throughput: 'Throughput',
  meanRate: 'parts per minute',
  whatChanged: 'What changed',
  states: 'States',
  statesNote: 'thin: runs, half: waits, full: stands; share of time running',
  runningShare: (name: string, percent: string) => `${name} ran ${percent} % of the time`,
  nothingChanged: 'No work unit changed its state in this range.',
  changed: (from: string, to: string) => `${from} → ${to}`,
  oee: 'OEE',
  oeeOf: (line: string, unit: string) => `${line}, bottleneck ${unit}`,
  availability: 'Availability',
  effectiveness: 'Effectiveness',
  qualityRatio: 'Quality',
  lossGood: 'Good',
  lossRejects: 'Rejects',
  lossSpeed: 'Speed',
  lossStops: 'Stops',
  minutes: (value: string) => `${value} min`,
  oeeNone: 'No planned time in this range yet.',
  noLine: 'No production line is modelled here. These are the twins.',

  // lists
  name: 'Name',
  model: 'Model',
  updated: 'Updated',
  filter: 'Filter by id or model',
  shown: (shown: number, all: number) => `${shown} of ${all}`,
  twinCount: (count: number) => n(count, 'twin', 'twins'),
  moreTwins: 'Only the first are listed. Narrow the list by model on the command line: pollux twin list --model …',
  noMatch: (text: string) => `No twin matches “${text}”.`,
  clearFilter: 'Clear filter',

  // one twin
  values: 'Values',
  tiles: 'Tiles',
  table: 'Table',
  noValues: 'Nothing has been received yet. Send a first message:',
  value: 'Value',
  unit: 'Unit',
  ageHead: 'Age',
  qualityHead: 'Quality',
  sourceTime: 'Source time',
  arrivalTime: 'Arrived',
  kind: 'Kind',
  property: 'property',
  telemetry: 'telemetry',
  yes: 'yes',
  no: 'no',
  desiredReported: 'Desired and reported',
  desired: 'Desired',
  reported: 'Reported',
  differs: (count: number, of: number) => `${count} of ${of} differ${count === 1 ? 's' : ''}`,
  agrees: 'all agree',
  notSet: 'not set',
  relations: 'Relations',
  noRelations: 'No relations.',
  incoming: 'from',
  outgoing: 'to',
  commands: 'Commands',
  source: (words: string) => `source time ${words}`,
  commandApplied: (name: string) => `${name}: applied.`,
  commandRejected: (name: string, why: string) => `${name}: rejected. ${why}`,
  commandTimedOut: (name: string) => `${name}: no answer from the device in time.`,
  commandFailed: (name: string, why: string) => `${name}: ${why}`,
  lowToHigh: (low: string, high: string, unit: string) => `between ${low} and ${high}${unit ? ' ' + unit : ''}`,
  trend: (name: string, first: string, last: string, unit: string) => `${name} went from ${first} to ${last}${unit ? ' ' + unit : ''}`,
};

export type Words = typeof en;
