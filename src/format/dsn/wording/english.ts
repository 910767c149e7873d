import type { Catalogue } from './catalogue.ts'

export const english: Catalogue = {
  language: 'en',
  subject: {
    failed: 'Undelivered: your message could not be delivered',
    delayed: 'Delayed: your message has not been delivered yet',
    succeeded: 'Delivered: your message has arrived',
  },
  message: { titled: 'Your message "{subject}"', untitled: 'Your message' },
  comma: ', ',
  failed: '{message} was not delivered to {addresses}.',
  delayed: '{message} has not been delivered to {addresses} yet.',
  delivered: '{message} was delivered to {addresses}.',
  relayed: '{message} was handed on to the mail server for {addresses}, which sends no confirmation.',
  expanded: '{message} was delivered to {addresses}, and is passed on from there.',
  untilWhen: 'We go on trying until {time}.',
  noAction: 'You need not send it again.',
  triedUntil: 'We tried again and again until {time}.',
  details: 'Technical details',
  writtenTo: 'You wrote to {address}.',
  answered: 'The mail server {host} answered: {answer}',
  writtenBy: 'This report was written automatically by the mail server {host}.',
  causes: {
    unknownAddress: {
      cause: 'The address {address} does not exist.',
      advice: 'Check how it is spelled, or ask the recipient for the right address in another way.',
    },
    badAddress: {
      cause: 'The address {address} is not written correctly.',
      advice: 'Correct the address and send the message again.',
    },
    unknownDomain: {
      cause: 'The domain {domain} does not exist or has no mail server.',
      advice: 'Check how the address is spelled after the @ sign.',
    },
    noMail: {
      cause: 'The domain {domain} does not receive mail.',
      advice: 'Look for another address of the recipient.',
    },
    mailboxClosed: {
      cause: 'The mailbox {address} is closed.',
      advice: 'Reach the recipient in another way.',
    },
    mailboxFull: {
      cause: 'The mailbox {address} is full.',
      advice: 'Send the message again later, or tell the recipient in another way.',
    },
    tooLarge: {
      cause: 'The message is too large for {address}.',
      advice: 'Send it without large attachments, for example with a link to them instead.',
    },
    refused: {
      cause: 'The mail server for {address} refused the message, by its rules or because it looks like spam.',
      advice: 'Its answer below may say why. If your message is wanted, ask the recipient in another way to let it in.',
    },
    senderRefused: {
      cause: 'The mail server for {address} does not trust mail from your address.',
      advice: 'Show this report to the administrator of your own mail, who can put that right.',
    },
    unreachable: {
      cause: 'The mail server for {address} could not be reached.',
      advice: 'Send the message again later, or reach the recipient in another way.',
    },
    busy: {
      cause: 'The mail server for {address} is not taking the message at the moment.',
      advice: 'Send the message again later, or reach the recipient in another way.',
    },
    insecure: {
      cause: 'There was no connection to the mail server for {address} that is secure enough.',
      advice: 'Reach the recipient in another way, or show this report to your administrator.',
    },
    tooLate: {
      cause: 'The time by which the message was to reach {address} is over.',
      advice: 'Send it again with more time, if it is still of use.',
    },
    loop: {
      cause: 'The message to {address} went round in a circle between mail servers.',
      advice: 'Reach the recipient in another way: a forwarding of their mail has to be corrected.',
    },
    unsuitable: {
      cause: 'The mail system of {address} cannot handle a message of this kind.',
      advice: 'Send it in a simpler form, for example from an address without special characters.',
    },
    other: {
      cause: 'The mail server for {address} did not take the message.',
      advice: 'Its answer below may say why. If not, show this report to your administrator.',
    },
  },
}
