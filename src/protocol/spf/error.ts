/** What ends an evaluation early (RFC 7208 §2.6.6, §2.6.7). */
export interface SpfError {
  status: 'temperror' | 'permerror'
  reason: string
}
