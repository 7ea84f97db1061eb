import { expect, test } from 'vitest';
import { labelAt, placeOf, tasksAt } from './place.ts';

test.each([
  ['', { view: 'now' }],
  ['tasks', { view: 'tasks' }],
  ['repos', { view: 'repos' }],
  ['workers', { view: 'workers' }],
  ['alerts', { view: 'alerts' }],
  ['history', { view: 'history' }],
  ['search?q=x', { view: 'search' }],
  ['tasks/12', { view: 'task', id: '12' }],
  ['pauses/7', { view: 'pause', id: '7' }],
  [labelAt('quest', 'a/b c&d'), { view: 'label', kind: 'quest', value: 'a/b c&d' }],
  ['label?kind=robot&value=x', { view: 'nowhere' }],
  ['label?kind=agent', { view: 'nowhere' }],
  ['pauses', { view: 'nowhere' }],
  ['tasks/x', { view: 'nowhere' }],
  ['tasks/0', { view: 'nowhere' }],
  ['constructor', { view: 'nowhere' }],
  ['tasks/1/2', { view: 'nowhere' }],
])('"%s" is %o', (address, place) => {
  const [path = '', query = ''] = address.split('?');
  expect(placeOf(path, new URLSearchParams(query))).toEqual(place);
});

test('a number’s list carries its filters, whatever stands in them', () => {
  expect(tasksAt({ status: 'queued', skill: 'a&b=c d' })).toBe('tasks?status=queued&skill=a%26b%3Dc+d');
});
