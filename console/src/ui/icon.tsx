// SPDX-License-Identifier: Apache-2.0
// Own set, drawn on 16 px with a 1 px margin, 1.4 px stroke, round caps. An icon alone needs a name
// on what carries it; the drawing itself is hidden from readers.
const PATHS = {
  overview: 'M2.5 7.3 8 2.5l5.5 4.8M4 6.5v7h8v-7',
  twins: 'M2.5 2.5h4.5V7H2.5zM9 2.5h4.5V7H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 13.5 13.5',
  user: 'M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.5c.4-2.6 2.4-3.8 5.2-3.8s4.8 1.2 5.2 3.8',
  light: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.500v1.300M8 13.200v1.300M1.5 8h1.300M13.2 8h1.300M3.4 3.400l.9.9M11.7 11.700l.9.9M12.6 3.400l-.9.9M4.3 11.700l-.9.9',
  dark: 'M13.3 9.700A5.7 5.7 0 0 1 6.3 2.700a5.7 5.7 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 13.500h4M8 11v2.5',
  exit: 'M6.5 2.500H3v11h3.500M10 5l3 3-3 3M13 8H6.5',
  next: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  link: 'M6.7 9.3 9.3 6.700M7.3 4.700l1.5-1.500a2.8 2.8 0 0 1 4 4l-1.5 1.500M8.7 11.300l-1.5 1.500a2.8 2.8 0 0 1-4-4l1.5-1.5',
  model: 'M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.200v6',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.700V8l2.3 1.5',
  command: 'M2.5 4.5 6 8l-3.5 3.500M8 12h5.5',
  stop: 'M4 4h8v8H4z',
  start: 'M5 3.200v9.600L12.8 8z',
  keys: 'M1.5 4h13v8h-13zM4 6.500h.01M6.7 6.500h.01M9.3 6.500h.01M12 6.500h.01M5 9.500h6',
  copy: 'M5.5 5.500h8v8h-8zM10.5 5.500v-3h-8v8h3',
  query: 'M5.5 4 1.5 8l4 4M10.5 4l4 4-4 4',
  plus: 'M8 3v10M3 8h10',
  up: 'M8 13V3.500M4 7.500l4-4 4 4',
  download: 'M8 2.500v8M4.5 7.500 8 11l3.500-3.500M2.5 13.500h11',
  device: 'M4 4h8v8H4zM6.5 1.500v2.500M9.5 1.500v2.500M6.5 12v2.500M9.5 12v2.500M1.5 6.500H4M1.5 9.500H4M12 6.500h2.500M12 9.500h2.500',
  key: 'M5.2 7.800a2.8 2.8 0 1 0 0 5.600 2.8 2.8 0 0 0 0-5.600zM7.2 8.600 13.500 2.500M11 5l2 2',
  pause: 'M5.5 3.500v9M10.5 3.500v9',
  part: 'M4 2v6.500a2 2 0 0 0 2 2h6',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width={size >= 20 ? 1.35 : 1.4} stroke-linecap="round" stroke-linejoin="round" />
  </svg>
);

/** Castor, a hollow ring, joined to Pollux, a filled disc. */
export const Logo = () => (
  <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
    <path d="m7 7 4.5 4.5" class="logo-ring" />
    <circle cx="5" cy="5" r="3.1" class="logo-ring" />
    <circle cx="13.8" cy="13.8" r="4.6" class="logo-disc" />
  </svg>
);
