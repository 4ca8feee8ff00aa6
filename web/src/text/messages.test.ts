import assert from "node:assert/strict";
import { test } from "node:test";
import de from "../../messages/de.json";
import en from "../../messages/en.json";
import fr from "../../messages/fr.json";

type Texts = Record<string, string>;
const OTHERS: [string, Texts][] = [["de", de], ["fr", fr]];
const blanks = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const forms = (text: string): number => text.split(" | ").length;

for (const [language, texts] of OTHERS) {
  test(`${language} is whole`, () => {
    assert.deepEqual(Object.keys(en).filter((key) => !texts[key]?.trim()), [], `texts that ${language}.json lacks`);
  });
  test(`${language} fills in what English fills in, and has as many forms`, () => {
    for (const [key, text] of Object.entries(en)) {
      const other = texts[key] ?? "";
      assert.deepEqual(blanks(other), blanks(text), `${language}.json, ${key}`);
      assert.equal(forms(other), forms(text), `${language}.json, ${key}`);
    }
  });
  // Names of columns and classes that English makes of their ids, and what the server itself says in English.
  test(`${language} has nothing that nobody asks for`, () => {
    const more = Object.keys(texts).filter((key) => !(key in en) && !/^(column|class|means|finding)\./.test(key));
    assert.deepEqual(more, []);
  });
}

test("the other languages name the same columns, classes and findings, with the same blanks", () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(fr).sort());
  for (const key of Object.keys(de)) assert.deepEqual(blanks((de as Texts)[key] ?? ""), blanks((fr as Texts)[key] ?? ""), key);
});
