// SPDX-License-Identifier: Apache-2.0
import { runCommand } from '../../state/command.ts';
import { said } from '../../state/language.ts';
import { fieldName, interfaceOf } from '../../state/models.ts';
import { Button } from '../../ui/button.tsx';
import type { IconName } from '../../ui/icon.tsx';

const ICONS: Record<string, IconName> = { stop: 'stop', start: 'start' };

/** The commands of the model that ask for nothing: one button each, in the model's words. */
export function Commands({ id, model }: { id: string; model: string }) {
  const commands = [...(interfaceOf(model)?.fields.values() ?? [])].filter((f) => f.kind === 'Command' && !f.request && !f.name.includes('.'));
  return (
    <>
      {commands.map((command) => {
        const label = fieldName(model, command.name);
        return (
          <Button
            key={command.name} label={label} icon={ICONS[command.name] ?? 'command'} title={said(command.description) ?? label}
            onClick={() => runCommand(id, command.name, label)}
          />
        );
      })}
    </>
  );
}
