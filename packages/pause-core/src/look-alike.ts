// Letters of other scripts, and digits, that are read as a Latin letter in most fonts.
const READ_AS: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  α: 'a',
  β: 'b',
  ϲ: 'c',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  γ: 'y',
  ω: 'w',
  ı: 'i',
  ɑ: 'a',
  ɡ: 'g',
  0: 'o',
  1: 'l',
};

/**
 * What a name looks like to a person: equal for names that are easily taken for one another. Case, accents, width and
 * invisible characters are left out.
 */
export function looksLike(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\p{M}\p{Cf}\p{Cc}]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  // Last, because a capital I is no small l until it was made small; "i" and "l" stay apart, as most fonts show them
  // apart.
  return [...plain].map((character) => READ_AS[character] ?? character).join('');
}
