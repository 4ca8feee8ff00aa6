// How the page asks the server: the public API and nothing beside it. Sends the session's token with changes, and turns what went
// wrong into a `Problem`.

import type { components } from "./schema";

export type Schemas = components["schemas"];
export type Header = Schemas["Header"];
export type Table = Schemas["Table"];
export type Column = Schemas["Column"];
export type Row = Table["rows"][number];
export type Session = Schemas["Session"];
export type Right = Session["rights"][number];
export type ProblemError = Schemas["ProblemError"];

const BASE = "/api/v1";

/** What the server, or the way to it, refuses. `status` 0: nothing was reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly detail: string,
    readonly requestId = "",
    readonly errors: ProblemError[] = [],
  ) {
    super(detail);
  }
}

/** The session's token, and what happens when the session is over. */
export const token = { csrf: "", over: () => {} };

interface Ask {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A path with its query; what is empty is left out. */
export function path(base: string, query: Record<string, string | number | boolean | null | undefined> = {}): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false);
  const text = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${base}?${text}` : base;
}

/** A part of a path. A dot would make the server look for a file. */
export function part(text: string): string {
  return encodeURIComponent(text).replaceAll(".", "%2E");
}

export async function ask<T>(where: string, { method = "GET", body, headers = {}, signal }: Ask = {}): Promise<T> {
  return (await answer<T>(where, { method, body, headers, signal: signal as AbortSignal })).value;
}

/** The same with the version of what was read, for changes that name it. */
export async function answer<T>(where: string, asked: Ask = {}): Promise<{ value: T; tag: string }> {
  const response = await send(where, asked);
  const value = response.status === 204 || response.headers.get("content-length") === "0" ? undefined : await json(response);
  return { value: value as T, tag: response.headers.get("etag") ?? "" };
}

async function send(where: string, { method = "GET", body, headers = {}, signal }: Ask): Promise<Response> {
  const all: Record<string, string> = { accept: "application/json", ...headers };
  if (method !== "GET" && token.csrf) all["x-csrf-token"] = token.csrf;
  if (body !== undefined) all["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(BASE + where, {
      method,
      headers: all,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "");
  }
  if (!response.ok) throw await problem(response);
  return response;
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem(response.status, "unreadable", "");
  }
}

async function problem(response: Response): Promise<Problem> {
  const found = (await response.json().catch(() => ({}))) as Partial<Schemas["Problem"]>;
  const kind = (found.type ?? "").split("/").pop() ?? "";
  if (response.status === 401 && kind === "not-signed-in" && token.csrf) token.over();
  const id = found.request_id ?? response.headers.get("x-request-id") ?? "";
  return new Problem(response.status, kind, found.detail ?? response.statusText, id, found.errors ?? []);
}

/** Sends a file and tells how much of it has gone. */
export function upload(file: File, progress: (sent: number) => void, signal: AbortSignal): Promise<Schemas["Upload"]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", BASE + path("/uploads", { name: file.name }));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-csrf-token", token.csrf);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onerror = () => reject(new Problem(0, "unreachable", ""));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.onload = () => {
      const response = new Response(request.responseText || "{}", { status: request.status });
      if (response.ok) resolve(JSON.parse(request.responseText) as Schemas["Upload"]);
      else void problem(response).then(reject);
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** A file that was saved: its name, and of a list who is on it and who was left out. */
export interface Taken {
  name: string;
  members: string;
  leftOut: string;
  small: boolean;
}

/** A file of the API, as a link that saves it. Asked first, so that a refusal is shown here and not saved as a file. */
export async function download(where: string, headers: Record<string, string> = {}, body?: unknown): Promise<string> {
  return (await taken(where, headers, body)).name;
}

/** The same, with what is to be said of it. */
export async function taken(where: string, headers: Record<string, string> = {}, body?: unknown): Promise<Taken> {
  const response = await send(where, { headers, ...(body === undefined ? {} : { body, method: "POST" }) });
  const named = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "");
  const name = named?.[1] ?? "quintile";
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  const said = (header: string): string => response.headers.get(`x-quintile-${header}`) ?? "";
  return { name, members: said("members"), leftOut: said("left-out"), small: said("small") === "true" };
}

/** A job as it goes on, until it has ended; falls back on asking when the connection is lost. Returns how to stop listening. */
export function follow(id: number, tell: (job: Schemas["Job"]) => void): () => void {
  let over = false;
  const events = new EventSource(`${BASE}/jobs/${id}/events`);
  const take = (job: Schemas["Job"]) => {
    if (over) return;
    tell(job);
    if (job.ended_at) stop();
  };
  const stop = () => {
    over = true;
    events.close();
  };
  events.addEventListener("job", (event) => take(JSON.parse((event as MessageEvent<string>).data) as Schemas["Job"]));
  // The browser comes back by itself; meanwhile the job may have ended, of which no event tells.
  events.onerror = () => void ask<Schemas["Job"]>(`/jobs/${id}`).then(take, () => {});
  return stop;
}
