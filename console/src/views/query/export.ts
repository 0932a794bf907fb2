// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../../lib/json-print.ts';
import { csv, tabulate } from '../../lib/rows.ts';
import { allRows, type Answer, EXPORT_ROWS_MAX } from '../../state/asking.ts';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { say } from '../../state/toast.ts';

const BOM = '\uFEFF';

/** The whole answer as a file, the pages that are not shown yet included. */
export async function save(answer: Answer, kind: 'csv' | 'json'): Promise<void> {
  const w = words.peek();
  const rows = await allRows(answer);
  if (!rows.ok) return say({ text: problemText(rows.error), problem: true });
  const text = kind === 'json' ? printJson(rows.value) + '\n' : BOM + csv(tabulate(rows.value));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: kind === 'json' ? 'application/json' : 'text/csv' }));
  link.download = `query-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say({ text: rows.value.length < EXPORT_ROWS_MAX ? w.exported(rows.value.length) : w.exportedFirst(rows.value.length), problem: false });
}
