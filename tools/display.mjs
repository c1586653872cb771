// @ts-check
import { stripVTControlCharacters } from "node:util";

/** Milliseconds between two lines of progress where there is no terminal. */
const interval = 15_000;

/** Shows steps: lines that stay, and below them, on a terminal, one that changes. */
export class Display {
  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.stream = stream;
    this.text = "";
    this.start = 0;
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
  }

  /** Prints a line that stays. @param {string} line */
  say(line) {
    this.clear();
    this.stream.write(`${line}\n`);
  }

  /** What is being done right now. @param {string} text */
  progress(text) {
    this.text = stripVTControlCharacters(text).trim();
  }

  /** Starts showing progress. @param {string} text */
  begin(text) {
    this.end();
    this.start = performance.now();
    this.text = text;
    this.timer = this.stream.isTTY
      ? setInterval(() => this.live(), 200)
      : setInterval(() => this.stream.write(`${this.line()}\n`), interval);
  }

  /** Ends showing progress. @returns {string} The time it took. */
  end() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.clear();
    return duration(performance.now() - this.start);
  }

  line() {
    return `      ${duration(performance.now() - this.start)}  ${this.text}`;
  }

  live() {
    this.clear();
    this.stream.write(this.line().slice(0, (this.stream.columns ?? 80) - 1));
  }

  clear() {
    if (this.stream.isTTY && this.timer) this.stream.write("\r\x1b[2K");
  }
}

/** `0.3 s`, `42 s`, `3 min 12 s`. @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
