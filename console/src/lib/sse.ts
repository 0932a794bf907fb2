// SPDX-License-Identifier: Apache-2.0
// Server-sent events, read by fetch: EventSource can send no header. Source: WHATWG HTML, 9.2.6.

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Takes text as it arrives, in pieces cut anywhere, and gives whole events. Comments are skipped. */
export class EventReader {
  #rest = '';
  #event = '';
  #data: string[] = [];
  /** Kept across events: what a resumed stream is asked to go on from. */
  lastId = '';

  push(text: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = this.#line(line);
      if (event) out.push(event);
    }
    return out;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id') this.lastId = value;
    return undefined;
  }

  #finish(): ServerEvent | undefined {
    const event = { id: this.lastId, event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0 && this.#event === '';
    this.#event = '';
    this.#data = [];
    return empty ? undefined : event;
  }
}
