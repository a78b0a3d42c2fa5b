import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { uint8 } from '../../dtype.js'
import { value_error } from '../../errors.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { own } from '../../own.js'
import type { Tensor } from '../../tensor.js'
import { load_sharp } from '../../vision/sharp.js'
import { EventFile } from './event_file.js'
import { Message } from './protobuf.js'
import {
  type HistogramValues,
  type HParams,
  histogram,
  hparams,
  image,
  number_in,
  scalar,
  text,
} from './summary.js'

/** Options of {@link SummaryWriter}. */
export interface SummaryWriterOptions {
  /** Added to the folder's name, where none is given. */
  comment?: string
  /** What was written for this step and later ones by an earlier process is left out. */
  purge_step?: number | null
  /** Added to the file's name. */
  filename_suffix?: string
}

type Step = number | bigint | null

/**
 * Writes TensorBoard's event files: scalars, histograms, images, texts and hyper-parameters.
 *
 * @param log_dir - the folder, made where there is none. Default: `runs/DATE_HOST`
 * @param options - the step from which an earlier process's events are left out, suffixes of names
 *
 * @example
 * ```ts
 * const writer = new torch.utils.tensorboard.SummaryWriter('runs/first')
 * writer.add_scalar('loss', 0.5, 1)
 * await writer.add_image('sample', torch.rand(3, 8, 8), 1)
 * writer.close()
 * ```
 *
 * @see torch/utils/tensorboard/writer.py
 */
export class SummaryWriter {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly log_dir: string
  /** The same, wherever the program goes on to. */
  readonly #folder: string
  readonly #file: EventFile
  readonly #children = new Map<string, EventFile>()
  readonly #suffix: string

  constructor(log_dir: string | null = null, options: SummaryWriterOptions = {}) {
    const { comment = '', purge_step = null, filename_suffix = '' } = own(options)
    const date = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
    this.log_dir = log_dir ?? join('runs', `${date}_${hostname()}${comment}`)
    this.#folder = resolve(this.log_dir)
    this.#suffix = filename_suffix
    this.#file = new EventFile(this.#folder, filename_suffix)
    const START = 1
    if (purge_step !== null)
      this.#file.add(new Message().bytes_field(7, new Message().int(1, START)), purge_step)
  }

  get_logdir(): string {
    return this.log_dir
  }

  /** Adds a number. */
  add_scalar(
    tag: string,
    scalar_value: number | bigint | Tensor,
    global_step: Step = null,
    walltime?: number,
  ): void {
    this.#file.add(scalar(tag, number_in(scalar_value)), global_step, walltime)
  }

  /** Adds numbers that are drawn into one diagram; each has a folder of its own. */
  add_scalars(
    main_tag: string,
    tag_scalar_dict: Readonly<Record<string, number | bigint | Tensor>>,
    global_step: Step = null,
    walltime?: number,
  ): void {
    for (const [tag, value] of Object.entries(tag_scalar_dict)) {
      const folder = join(this.#folder, `${main_tag.replaceAll('/', '_')}_${tag}`)
      let file = this.#children.get(folder)
      if (file === undefined) this.#children.set(folder, (file = new EventFile(folder, this.#suffix)))
      file.add(scalar(main_tag, number_in(value)), global_step, walltime)
    }
  }

  /**
   * Adds how values are spread.
   *
   * @param bins - the number of buckets, their limits, or TensorFlow's, which grow by a tenth. Default: `'tensorflow'`
   * @throws ValueError where there are no values
   */
  add_histogram(
    tag: string,
    values: HistogramValues,
    global_step: Step = null,
    bins: number | 'tensorflow' | readonly number[] = 'tensorflow',
    walltime?: number,
  ): void {
    this.#file.add(histogram(tag, values, bins), global_step, walltime)
  }

  /**
   * Adds an image: of uint8 from 0 to 255, of floating point from 0 to 1.
   *
   * @param img_tensor - of shape (1 or 3 or 4, H, W), or as `dataformats` says
   * @param dataformats - `'CHW'`, `'HWC'` or `'HW'`. Default: `'CHW'`
   * @returns a promise, since the PNG is made on another thread
   * @throws ValueError for a shape that does not go with it
   */
  async add_image(
    tag: string,
    img_tensor: Tensor,
    global_step: Step = null,
    options: { walltime?: number; dataformats?: 'CHW' | 'HWC' | 'HW' } = {},
  ): Promise<void> {
    const { walltime, dataformats = 'CHW' } = own(options)
    if (img_tensor.ndim !== dataformats.length)
      throw value_error(
        `add_image(): size of input tensor and input format are different. tensor shape: (${img_tensor.shape.join(', ')}), input_format: ${dataformats}`,
      )
    const ordered =
      dataformats === 'CHW'
        ? img_tensor.permute(1, 2, 0)
        : dataformats === 'HW'
          ? img_tensor.unsqueeze(2)
          : img_tensor
    const [height, width, channels] = ordered.shape as [number, number, number]
    if (![1, 3, 4].includes(channels))
      throw value_error(`add_image(): an image has 1, 3 or 4 channels, and this one ${channels}`)
    const pixels = ordered.is_floating_point() ? ordered.detach().mul(255).clamp(0, 255) : ordered
    const bytes = pixels.to('cpu', uint8).contiguous().typed_array({ copy: true }) as Uint8Array
    const time = walltime ?? Date.now() / 1000
    const sharp = await load_sharp()
    const png = await sharp(bytes, { raw: { width, height, channels: channels as 1 | 3 | 4 } })
      .png()
      .toBuffer()
    this.#file.add(image(tag, png, [height, width, channels]), global_step, time)
  }

  /** Adds a text, which TensorBoard shows as Markdown. */
  add_text(tag: string, text_string: string, global_step: Step = null, walltime?: number): void {
    this.#file.add(text(tag, text_string), global_step, walltime)
  }

  /**
   * Adds a run's hyper-parameters and what it came to.
   *
   * @param options.run_name - the name of the run's folder. Default: the time
   */
  add_hparams(
    hparam_dict: HParams,
    metric_dict: Readonly<Record<string, number | bigint | Tensor>>,
    options: { run_name?: string; global_step?: Step } = {},
  ): void {
    const { run_name = String(Date.now() / 1000), global_step = null } = own(options)
    const file = new EventFile(join(this.#folder, run_name), this.#suffix)
    for (const event of hparams(hparam_dict, Object.keys(metric_dict))) file.add(event, global_step)
    for (const [tag, value] of Object.entries(metric_dict))
      file.add(scalar(tag, number_in(value)), global_step)
    file.close()
  }

  /** Has the disk hold everything that was added. */
  flush(): void {
    this.#file.flush()
    for (const file of this.#children.values()) file.flush()
  }

  /** Ends the files; what is added later is lost. */
  close(): void {
    this.#file.close()
    for (const file of this.#children.values()) file.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
