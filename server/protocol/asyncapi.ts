import type { z } from 'zod'
import { attachmentMetadataSchema, FRAME_TYPES, previewMetadataSchema, resultMetadataSchema } from './frames.ts'
import { type Json, SchemaWriter } from './json-schema.ts'
import { clientMessageSchema, serverMessageSchema } from './messages.ts'

/** The WebSocket as an AsyncAPI 3.0 document, made from the schemas of its messages. */
export function asyncApi(version: string): Json {
  const writer = new SchemaWriter()
  const sent = [...textMessages('sent', serverMessageSchema.options, writer), ...frames(SENT_FRAMES, writer)]
  const heard = [...textMessages('heard', clientMessageSchema.options, writer), ...frames(HEARD_FRAMES, writer)]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'gendr-graph',
      version,
      description: "ComfyUI's messages in ComfyUI's order, and runs that need no disk.",
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/ws',
        title: 'The socket; /api/ws is the same',
        messages: Object.fromEntries(
          [...sent, ...heard].map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              properties: {
                clientId: { type: 'string', description: 'What the runs of this client are called with' },
                token: { type: 'string', description: 'The token of --token, if the host was given one' },
              },
            },
          },
        },
      },
    },
    operations: {
      tell: operation('send', 'What the host tells', sent),
      hear: operation('receive', 'What the host understands', heard),
    },
    components: {
      schemas: writer.components,
      messages: Object.fromEntries([...sent, ...heard].map(({ name, message }) => [name, message])),
    },
  }
}

interface Named {
  readonly name: string
  readonly message: Json
}

function operation(action: 'send' | 'receive', title: string, messages: readonly Named[]): Json {
  return {
    action,
    title,
    channel: { $ref: '#/channels/socket' },
    messages: messages.map(({ name }) => ({ $ref: `#/channels/socket/messages/${name}` })),
  }
}

type TextMessage = z.ZodObject<{ type: z.ZodLiteral<string> }>

function textMessages(who: 'sent' | 'heard', schemas: readonly TextMessage[], writer: SchemaWriter): Named[] {
  return schemas.map((schema) => {
    const type = schema.shape.type.value
    // Feature flags go both ways.
    const name = who === 'heard' ? `client_${type}` : type
    const payload = writer.write(schema, who === 'heard' ? 'input' : 'output')
    return { name, message: { name: type, title: type, payload } }
  })
}

interface BinaryFrame {
  readonly name: keyof typeof FRAME_TYPES
  readonly title: string
  readonly layout: string
  readonly header?: z.ZodType
}

const U32 = (what: string) => `u32 (big-endian) ${what}`
const WITH_JSON = `${U32('length of the JSON')} | JSON | bytes`

const SENT_FRAMES: readonly BinaryFrame[] = [
  {
    name: 'preview',
    title: 'A picture so far, or a whole one of SaveImageWebsocket',
    layout: `${U32('1 JPEG or 2 PNG')} | bytes`,
  },
  { name: 'text', title: 'A line of text', layout: `${U32('length of the node id')} | node id | text` },
  {
    name: 'previewWithMetadata',
    title: 'The same, for clients with supports_preview_metadata',
    layout: WITH_JSON,
    header: previewMetadataSchema,
  },
  {
    name: 'result',
    title: 'A picture that a run over the socket made',
    layout: WITH_JSON,
    header: resultMetadataSchema,
  },
]

const HEARD_FRAMES: readonly BinaryFrame[] = [
  { name: 'attachment', title: 'A picture for the next run', layout: WITH_JSON, header: attachmentMetadataSchema },
]

function frames(all: readonly BinaryFrame[], writer: SchemaWriter): Named[] {
  return all.map(({ name, title, layout, header }) => ({
    name: `frame_${name}`,
    message: {
      name: `frame ${FRAME_TYPES[name]}`,
      title,
      contentType: 'application/octet-stream',
      description: `${U32(String(FRAME_TYPES[name]))} | ${layout}`,
      ...(header && { headers: writer.write(header, 'output') }),
      payload: { type: 'string', format: 'binary' },
    },
  }))
}
