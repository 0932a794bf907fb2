// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import type { Field } from '../../lib/dtdl.ts';
import { draftOf, readDraft, type Shape } from '../../lib/shape.ts';
import { runCommand } from '../../state/command.ts';
import { said, words } from '../../state/language.ts';
import { fieldName, interfaceOf } from '../../state/models.ts';
import { mayWrite } from '../../state/session.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectLine } from '../../ui/form.tsx';
import type { IconName } from '../../ui/icon.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ShapeInput } from '../../ui/shape-input.tsx';
import { Executions } from './executions.tsx';

const ICONS: Record<string, IconName> = { stop: 'stop', start: 'start' };

const commandsOf = (model: string): Field[] => [...(interfaceOf(model)?.fields.values() ?? [])].filter((f) => f.kind === 'Command' && !f.name.includes('.'));

/** The commands of the model that ask for nothing: one button each, in the model's words. */
export function Commands({ id, model }: { id: string; model: string }) {
  const why = mayWrite.value ? {} : { disabled: true };
  return (
    <>
      {commandsOf(model).filter((command) => !command.request).map((command) => {
        const label = fieldName(model, command.name);
        return (
          <Button
            key={command.name} label={label} icon={ICONS[command.name] ?? 'command'} title={mayWrite.value ? (said(command.description) ?? label) : words.value.readerOnly} {...why}
            onClick={() => runCommand(id, command.name, label)}
          />
        );
      })}
    </>
  );
}

/** All that may be called, and what became of what was called. */
export function CommandPanel({ id, model }: { id: string; model: string }) {
  const w = words.value;
  const asked = useSignal<Field | undefined>(undefined);
  const commands = commandsOf(model);
  if (commands.length === 0) return null;
  return (
    <Panel title={w.commands} class="commands">
      <ul class="rows">
        {commands.map((command) => {
          const label = fieldName(model, command.name);
          const about = said(command.description);
          return (
            <li key={command.name} class="row">
              <span class="grow"><span class="strong-ish" title={command.name}>{label}</span>{about && <span class="faint small block">{about}</span>}</span>
              <Button label={`${w.call} …`} disabled={!mayWrite.value} title={mayWrite.value ? w.callTitle(label) : w.readerOnly} onClick={() => void (asked.value = command)} />
            </li>
          );
        })}
      </ul>
      <Executions id={id} model={model} />
      {asked.value && <Call key={asked.value.name} id={id} model={model} command={asked.value} close={() => (asked.value = undefined)} />}
    </Panel>
  );
}

function Call({ id, model, command, close }: { id: string; model: string; command: Field; close: () => void }) {
  const w = words.value;
  const label = fieldName(model, command.name);
  const shape: Shape | undefined = command.request ? (command.shape ?? { kind: 'json' }) : undefined;
  const draft = useSignal(shape ? draftOf(shape) : '');
  const seconds = useSignal('5');
  const problem = useSignal('');
  const run = async () => {
    const read = shape ? readDraft(shape, draft.value) : { ok: true as const, value: {} };
    if (!read.ok) return void (problem.value = `${read.path ? w.shapeWrongAt(read.path, read.text) : w.shapeWrong(read.text)} ${(shape && w.shapeWanted[shape.kind]) ?? ''}`);
    // What becomes of it stands in the list below from now on, so nobody has to wait in front of a form.
    void runCommand(id, command.name, label, read.value, Number(seconds.value));
    close();
  };
  return (
    <Ask title={w.callTitle(label)} lead={said(command.description) ?? w.callLead(seconds.value)} verb={w.call} run={run} close={close}>
      {shape ? <ShapeInput id="command-payload" label={w.payloadOf} shape={shape} draft={draft.value} onChange={(next) => ((draft.value = next), (problem.value = ''))} autofocus /> : <p class="dim">{w.noArgument}</p>}
      <SelectLine id="command-timeout" label={w.timeoutHead} value={seconds.value} onChange={(next) => (seconds.value = next)} options={Object.entries(w.timeoutSpans).map(([value, text]) => ({ value, label: text }))} />
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
    </Ask>
  );
}
