/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: both sides show that they know the password, and none sends it.
 *
 * The exchange is here; the keys are not. Salt and iterations are asked for, and whether a proof is right is asked too, so
 * that what is stored of a password never leaves the account. The nonce lives as long as this object: a proof is good for
 * one exchange on one connection.
 *
 * Standards: RFC 5802 §5–§7, RFC 7677, RFC 5056 (channel binding), RFC 9266 (tls-exporter), RFC 5929 §4
 *   (tls-server-end-point). No extensions are known, so none that is mandatory is accepted (RFC 5802 §5.1, `m`).
 * Limits: a name of 255 octets, a client's nonce of 256, messages of 1,024 and 2,048 octets.
 * Security: unauthenticated clients feed this. Who takes the server for one without channel binding although it offered it
 *   (`y`) has been told so by somebody in the middle, and is refused (RFC 5802 §6).
 */
import { concat, decodeBase64, encodeUtf8, equalBytes } from '../../format/index.ts'
import type { SaslCredentials, SaslNames } from './credentials.ts'
import {
  empty,
  field,
  malformed,
  saslName,
  type SaslAnswer,
  type SaslQuestion,
  type SaslServer,
  type SaslSetting,
  type SaslStep,
} from './exchange.ts'

const firstLimit = 1024
const finalLimit = 2048
/** `gs2-header` and the rest (RFC 5802 §7). A `cb-name` is of letters, digits, dots and hyphens. */
const clientFirst = /^((?:([ny])|p=([A-Za-z0-9.-]{1,64})),(?:a=([^,]{1,765}))?,)(.*)$/s
/** `username "," nonce` and extensions, which are passed over. `m=` in front is an extension that must be known. */
const firstBare = /^n=([^,]{1,765}),r=([\x21-\x2b\x2d-\x7e]{1,256})((?:,[A-Za-z]=[^,\0]+)*)$/
const clientFinal = /^(c=([A-Za-z0-9+/=]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=([A-Za-z0-9+/]{43}=)$/

interface Begun extends SaslNames {
  readonly header: string
  readonly bare: string
  readonly nonce: string
  /** The data behind the header in `c=`. */
  readonly binding: Uint8Array
}

type State =
  | { at: 'start' }
  | { at: 'salt'; begun: Begun }
  | { at: 'final'; begun: Begun; serverFirst: string }
  | { at: 'proof'; credentials: SaslCredentials }
  | { at: 'end'; credentials: SaslCredentials }
  | { at: 'over' }

export class ScramServer implements SaslServer {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS'
  readonly #setting: SaslSetting
  readonly #plusOffered: boolean
  #state: State = { at: 'start' }

  constructor(mechanism: ScramServer['mechanism'], setting: SaslSetting, plusOffered: boolean) {
    this.mechanism = mechanism
    this.#setting = setting
    this.#plusOffered = plusOffered
  }

  step(response: Uint8Array | undefined): SaslStep {
    const state = this.#state
    if (state.at === 'start' && response === undefined) return { type: 'challenge', data: empty }
    this.#state = { at: 'over' }
    if (response === undefined) return malformed
    if (state.at === 'start') return this.#first(response)
    if (state.at === 'final') return this.#final(state.begun, state.serverFirst, response)
    // The client has checked our signature; it has nothing to add.
    if (state.at === 'end' && response.length === 0) return { type: 'credentials', credentials: state.credentials }
    return malformed
  }

  answered(answer: SaslAnswer): SaslStep {
    const state = this.#state
    if (state.at === 'salt' && 'salt' in answer) {
      const serverFirst = `r=${state.begun.nonce},s=${answer.salt},i=${answer.iterations}`
      this.#state = { at: 'final', begun: state.begun, serverFirst }
      return { type: 'challenge', data: encodeUtf8(serverFirst) }
    }
    if (state.at === 'proof' && 'signature' in answer) {
      this.#state = { at: 'end', credentials: state.credentials }
      return { type: 'challenge', data: encodeUtf8(`v=${answer.signature}`) }
    }
    throw new Error('not an answer to what the exchange has asked')
  }

  #first(response: Uint8Array): SaslStep {
    const whole = clientFirst.exec(field(response, firstLimit) ?? '')
    if (whole === null) return malformed
    const [, header = '', flag, bindingType, authzid, bare = ''] = whole
    const said = firstBare.exec(bare)
    if (said === null) return malformed
    const [, name = '', clientNonce = ''] = said
    const authenticationId = saslName(name)
    const authorizationId = authzid === undefined ? '' : saslName(authzid)
    if (!authenticationId || authorizationId === undefined) return malformed
    const plus = this.mechanism === 'SCRAM-SHA-256-PLUS'
    if (plus !== (bindingType !== undefined)) return malformed
    if (flag === 'y' && this.#plusOffered) return refused('The server does support channel binding')
    const binding = bindingType === undefined ? empty : this.#setting.channelBinding(bindingType)
    if (binding === undefined) return refused('Unsupported channel binding type')
    const nonce = clientNonce + this.#setting.nonce()
    this.#state = { at: 'salt', begun: { authenticationId, authorizationId, header, bare, nonce, binding } }
    return ask({ ask: 'salt', login: authenticationId })
  }

  #final(begun: Begun, serverFirst: string, response: Uint8Array): SaslStep {
    const whole = clientFinal.exec(field(response, finalLimit) ?? '')
    if (whole === null) return malformed
    const [, withoutProof = '', encoded = '', nonce = '', proof = ''] = whole
    if (nonce !== begun.nonce) return refused('The nonce is another')
    const bound = decodeBase64(encoded)
    const expected = concat([encodeUtf8(begun.header), begun.binding])
    if (bound === undefined || !equalBytes(bound, expected)) return refused('Channel bindings do not match')
    const { authenticationId, authorizationId } = begun
    const scram = { message: `${begun.bare},${serverFirst},${withoutProof}`, proof }
    this.#state = { at: 'proof', credentials: { authenticationId, authorizationId, scram } }
    return ask({ ask: 'proof', login: authenticationId, scram })
  }
}

function refused(reason: string): SaslStep {
  return { type: 'refused', reason }
}

function ask(question: SaslQuestion): SaslStep {
  return { type: 'ask', question }
}
