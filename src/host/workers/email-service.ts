/**
 * Cloudflare Email Service by its binding, with messages as they are and not taken apart.
 */
import type { EmailService } from '../../delivery/index.ts'

export function emailService(binding: SendEmail): EmailService {
  return {
    async send({ from, to, raw }) {
      // Known to Cloudflare's runtime alone, and needed by those who have the binding.
      const { EmailMessage } = await import('cloudflare:email')
      // A stream: as text, octets above 127 would not be what they were.
      await binding.send(new EmailMessage(from, to, new Blob([raw]).stream()))
    },
  }
}
