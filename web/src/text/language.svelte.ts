// The page's texts, in files by language. Each is whole (a test holds it against English); names that the server alone knows stay as it says them.

import en from "../../messages/en.json";

export type Key = keyof typeof en;
type Messages = Partial<Record<Key, string>>;

export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const FILES: Record<Exclude<Language, "en">, () => Promise<{ default: Messages }>> = {
  de: () => import("../../messages/de.json"),
  fr: () => import("../../messages/fr.json"),
};

class Spoken {
  language = $state<Language>("en");
  messages = $state.raw<Messages>(en);
}

export const spoken = new Spoken();

function known(name: string | null | undefined): Language | undefined {
  const short = name?.slice(0, 2);
  return short && short in LANGUAGES ? (short as Language) : undefined;
}

/** The language that was chosen here before, else the browser's own, else English. */
export async function begin(): Promise<void> {
  const chosen = known(localStorage.getItem("language")) ?? navigator.languages.map(known).find((language) => language) ?? "en";
  await speak(chosen);
}

export async function speak(language: Language): Promise<void> {
  spoken.messages = language === "en" ? en : { ...en, ...(await FILES[language]()).default };
  spoken.language = language;
  document.documentElement.lang = language;
}

export async function choose(language: Language): Promise<void> {
  localStorage.setItem("language", language);
  await speak(language);
}

/**
 * A text. `{name}` in it stands for a value; numbers are written as the language has it. Forms by number stand side by side, as
 * `{n} customer | {n} customers`, and `n` chooses.
 */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  let text = spoken.messages[key] ?? en[key];
  if (typeof values["n"] === "number" && text.includes(" | ")) {
    const forms = text.split(" | ");
    const one = new Intl.PluralRules(spoken.language).select(values["n"]) === "one";
    text = (one ? forms[0] : forms[forms.length - 1]) ?? text;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(spoken.language).format(value) : value;
  });
}

/** A text whose key is put together; the other text where there is none. */
export function tOr(key: string, other: string): string {
  return (spoken.messages as Record<string, string>)[key] ?? other;
}
