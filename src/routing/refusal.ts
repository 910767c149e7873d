/** An SMTP refusal as a value (RFC 5321 §4.2, RFC 3463); fits protocol/smtp's `Reply`. */
export interface Refusal {
  code: number
  enhanced: string
  text: string
}
