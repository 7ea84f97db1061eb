import { posix } from 'node:path';

const LINK = /\[(?<label>[^\][]+)\]\((?<target>[^()\s]+)\)/g;
const ELSEWHERE = /^(?:[a-z]+:|#)/i;

/**
 * A page of the repository as it is in a package: a link to a file that the package does not have becomes its label.
 *
 * @param place where the page is in the package
 * @param has whether the package has a file or a folder at a place
 */
export function withoutDeadLinks(page: string, place: string, has: (place: string) => boolean): string {
  return page.replace(LINK, (link: string, label: string, target: string) =>
    isDead(target, place, has) ? label : link,
  );
}

/** The links of a page to what the package does not have. */
export function deadLinks(page: string, place: string, has: (place: string) => boolean): string[] {
  return [...page.matchAll(LINK)]
    .map(({ groups = {} }) => groups['target'] ?? '')
    .filter((to) => isDead(to, place, has));
}

function isDead(target: string, place: string, has: (place: string) => boolean): boolean {
  return !ELSEWHERE.test(target) && !has(posix.join(posix.dirname(place), target.split('#', 1)[0] ?? ''));
}
