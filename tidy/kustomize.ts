/** Renders a kustomization as far as ours go: resources (files and bases) and images. Anything else is refused. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT, textOf } from './repository.ts';

/** A Kubernetes object; tests look into it with {@link at}. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[];
}

const KNOWN = new Set(['apiVersion', 'kind', 'resources', 'images']);

/** The objects of a folder with a kustomization.yaml, by its path from the root. */
export function renderKustomization(folder: string): KubernetesObject[] {
  const kustomization = parse(textOf(`${folder}/kustomization.yaml`)) as Kustomization;
  for (const field of Object.keys(kustomization)) {
    if (!KNOWN.has(field)) throw new Error(`${folder}: this renderer does not know "${field}"; teach it`);
  }
  const objects = kustomization.resources.flatMap((resource) => {
    const path = join(folder, resource);
    return existsSync(join(ROOT, path, 'kustomization.yaml')) ? renderKustomization(path) : readObjects(path);
  });
  const images = new Map((kustomization.images ?? []).map((image) => {
    return [image.name, `${image.newName ?? image.name}${image.newTag === undefined ? '' : `:${image.newTag}`}`];
  }));
  return objects.map((object) => replaceImages(object, images) as KubernetesObject);
}

/** What lies at a path of keys and indexes; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[key];
  }
  return found;
}

function readObjects(path: string): KubernetesObject[] {
  return parseAllDocuments(textOf(path)).map((document) => {
    const error = document.errors[0];
    if (error !== undefined) throw new Error(`${path}: ${error.message}`);
    return document.toJS() as KubernetesObject;
  });
}

function replaceImages(value: unknown, images: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => replaceImages(item, images));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => {
    const image = key === 'image' && typeof field === 'string' ? images.get(field) : undefined;
    return [key, image ?? replaceImages(field, images)];
  }));
}
