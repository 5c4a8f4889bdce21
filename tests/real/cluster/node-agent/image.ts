/**
 * What an image name stands for. Every container gets the host's own root file system, copy-on-write; an image adds folders and
 * files to it and says what to start.
 */
export type Image = {
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workdir?: string;
  /** Uid that the processes get when the pod names none; 0 when left out. */
  user?: number;
  /** Path in the container -> path on the host. Folders are writable without changing the host's, files are read-only. */
  binds?: Readonly<Record<string, string>>;
};

/** Image name, tag included -> image. Any other name is `ErrImagePull`. */
export type Images = Readonly<Record<string, Image>>;
