import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

const BYTES_MAX = 10 * 1_024 * 1_024;

/**
 * A log that cannot fill the disk: at 10 MB it becomes `<path>.1`, in place of the one that was there, and a new one
 * begins. Writing never throws: a full disk must not stop what is being logged.
 */
export class LogFile {
  readonly path: string;
  #file: number | undefined;
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
    this.#open();
  }

  write(line: string): void {
    // Also what could not be written before: the disk may have room again.
    if (this.#file === undefined || this.#bytes > BYTES_MAX) this.#open();
    if (this.#file === undefined) return;
    try {
      this.#bytes += writeSync(this.#file, `${line}\n`);
    } catch {
      this.close(); // the disk is full, or gone: the services go on
    }
  }

  /** Until the next line, if one comes. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.close();
    try {
      this.#bytes = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
      if (this.#bytes > BYTES_MAX) {
        renameSync(this.path, `${this.path}.1`);
        this.#bytes = 0;
      }
      this.#file = openSync(this.path, 'a', 0o600);
    } catch {
      this.#file = undefined;
    }
  }
}
