// SPDX-License-Identifier: Apache-2.0
import { toggleLanguage, words } from '../../state/language.ts';
import { nextTheme, theme } from '../../state/theme.ts';
import { Button } from '../../ui/button.tsx';

export const themeName = () => ({ system: words.value.themeSystem, light: words.value.themeLight, dark: words.value.themeDark })[theme.value];

/** Language and theme: per person, changed without a reload. */
export const Appearance = () => (
  <>
    <button type="button" class="button ghost language" onClick={() => void toggleLanguage()} title={words.value.toOtherLanguage} lang={words.value.otherLanguage === 'EN' ? 'en' : 'zh-Hans'}>
      {words.value.otherLanguage}
    </button>
    <Button kind="icon" icon={theme.value} label={words.value.themeIs(themeName())} onClick={nextTheme} />
  </>
);
