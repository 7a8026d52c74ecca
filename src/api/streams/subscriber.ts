import { encodeFrame, pingFrame } from './frame.ts'

/** Frames that are handed over together; the reader's buffer says when it wants more. */
const framesPerPull = 64
/** Bytes that may wait in a reader's buffer. */
const bufferBytes = 64 * 1024

/** Where a reader gets its frames from. */
interface FrameSource {
  /** The seq after the newest event that was read. */
  readonly end: number
  readonly deletedAt: string | null
  takeFrames(seq: number, max: number): Promise<readonly Uint8Array[]>
}

type Controller = ReadableStreamDefaultController<Uint8Array>

/**
 * One open connection. It takes frames only when its reader wants some, so a slow reader falls behind and
 * holds no memory; the channel gives it up when it is too far behind.
 */
export class Subscriber {
  readonly stream: ReadableStream<Uint8Array>
  /** The seq of the next event that it will get. */
  next: number
  readonly #source: FrameSource
  readonly #lastFrame: (deletedAt: string) => Uint8Array
  readonly #onClose: () => void
  #controller: Controller | null = null
  #wakeUp: (() => void) | null = null
  #pingDue = false
  #closed = false

  constructor(
    source: FrameSource,
    given: { readonly lastFrame: (deletedAt: string) => Uint8Array; readonly onClose: () => void },
  ) {
    this.#source = source
    this.#lastFrame = given.lastFrame
    this.#onClose = given.onClose
    this.next = source.end
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          // Sends the headers at once: a client waits for them before it does anything else.
          controller.enqueue(pingFrame)
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.close(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes }),
    )
  }

  wake(): void {
    this.#wakeUp?.()
  }

  /** Only a reader that has nothing to read needs one. */
  ping(): void {
    if (!this.#wakeUp) return
    this.#pingDue = true
    this.wake()
  }

  giveUp(): void {
    if (this.#closed) return
    const message =
      'This reader is too slow and was disconnected. Open the stream again and list the events for what was missed.'
    this.#finish(
      encodeFrame('error', { type: 'error', error: { type: 'overloaded_error', message } }),
    )
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
    try {
      this.#controller?.close()
    } catch {
      // Canceled by its reader: closed already.
    }
    this.wake()
  }

  async #pull(controller: Controller): Promise<void> {
    while (!this.#closed) {
      const frames = await this.#source.takeFrames(this.next, framesPerPull)
      if (this.#closed) return
      for (const frame of frames) controller.enqueue(frame)
      this.next += frames.length
      if (frames.length > 0) return
      const { deletedAt } = this.#source
      if (deletedAt !== null) return this.#finish(this.#lastFrame(deletedAt))
      await this.#sleep()
      if (this.#pingDue && !this.#closed) controller.enqueue(pingFrame)
      this.#pingDue = false
    }
  }

  /** Until something happened. What happened between the look and the sleep is seen by the look at `end`. */
  #sleep(): Promise<void> {
    if (this.#closed || this.#source.end > this.next) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wakeUp = () => {
        this.#wakeUp = null
        resolve()
      }
    })
  }

  #finish(frame: Uint8Array): void {
    this.#controller?.enqueue(frame)
    this.close()
  }
}
