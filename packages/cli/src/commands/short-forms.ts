// What is called most, without its topic. Classes of their own, because oclif writes the name of a command into its
// class.
import SenatePause from './senate/pause.ts';
import SenateUnpause from './senate/unpause.ts';
import TaskWhy from './task/why.ts';

export class Pause extends SenatePause {}
export class Unpause extends SenateUnpause {}
export class Why extends TaskWhy {}
