import type { Catalogue } from './catalogue.ts'

export const japanese: Catalogue = {
  language: 'ja',
  subject: {
    failed: '配信不能: メッセージを配信できませんでした',
    delayed: '配信遅延: メッセージはまだ配信されていません',
    succeeded: '配信完了: メッセージが届きました',
  },
  message: { titled: 'あなたのメッセージ「{subject}」', untitled: 'あなたのメッセージ' },
  comma: '、',
  failed: '{message}は {addresses} に配信されませんでした。',
  delayed: '{message}は {addresses} にまだ配信されていません。',
  delivered: '{message}は {addresses} に配信されました。',
  relayed: '{message}は {addresses} のメールサーバーに引き渡されました。このサーバーは配信確認を送りません。',
  expanded: '{message}は {addresses} に配信され、そこから転送されます。',
  untilWhen: '{time} まで送信を試み続けます。',
  noAction: '送り直す必要はありません。',
  triedUntil: '{time} まで繰り返し送信を試みました。',
  details: '技術的な詳細',
  writtenTo: '元の宛先は {address} です。',
  answered: 'メールサーバー {host} の応答: {answer}',
  writtenBy: 'この通知はメールサーバー {host} が自動的に作成しました。',
  causes: {
    unknownAddress: {
      cause: 'アドレス {address} は存在しません。',
      advice: '綴りを確認するか、別の方法で受取人に正しいアドレスを尋ねてください。',
    },
    badAddress: {
      cause: 'アドレス {address} の書き方が正しくありません。',
      advice: 'アドレスを直して、もう一度送信してください。',
    },
    unknownDomain: {
      cause: 'ドメイン {domain} は存在しないか、メールサーバーがありません。',
      advice: 'アドレスの @ より後の綴りを確認してください。',
    },
    noMail: {
      cause: 'ドメイン {domain} はメールを受け取りません。',
      advice: '受取人の別のアドレスを探してください。',
    },
    mailboxClosed: {
      cause: 'メールボックス {address} は閉鎖されています。',
      advice: '別の方法で受取人に連絡してください。',
    },
    mailboxFull: {
      cause: 'メールボックス {address} は容量がいっぱいです。',
      advice: '後でもう一度送信するか、別の方法で受取人に知らせてください。',
    },
    tooLarge: {
      cause: 'メッセージが大きすぎるため、{address} は受け取れません。',
      advice: '大きな添付ファイルを外し、たとえば代わりにリンクを付けて送信してください。',
    },
    refused: {
      cause:
        '{address} のメールサーバーが、規則により、または迷惑メールと見なして、メッセージの受け取りを拒否しました。',
      advice:
        '下の応答に理由が書かれていることがあります。必要なメッセージであれば、別の方法で受取人に受信の許可を頼んでください。',
    },
    senderRefused: {
      cause: '{address} のメールサーバーは、あなたのアドレスからのメールを信頼していません。',
      advice: 'この通知をあなたのメールの管理者に見せて、設定を直してもらってください。',
    },
    unreachable: {
      cause: '{address} のメールサーバーに接続できませんでした。',
      advice: '後でもう一度送信するか、別の方法で受取人に連絡してください。',
    },
    busy: {
      cause: '{address} のメールサーバーは、現在メッセージを受け付けていません。',
      advice: '後でもう一度送信するか、別の方法で受取人に連絡してください。',
    },
    insecure: {
      cause: '{address} のメールサーバーとの間で、十分に安全な接続ができませんでした。',
      advice: '別の方法で受取人に連絡するか、この通知を管理者に見せてください。',
    },
    tooLate: {
      cause: 'メッセージが {address} に届くべき期限が過ぎました。',
      advice: 'まだ必要であれば、期限を延ばしてもう一度送信してください。',
    },
    loop: {
      cause: '{address} 宛てのメッセージが、メールサーバーの間を堂々巡りしました。',
      advice: '別の方法で受取人に連絡してください。受取人のメールの転送設定を直す必要があります。',
    },
    unsuitable: {
      cause: '{address} のメールシステムは、この種類のメッセージを扱えません。',
      advice: 'たとえば特殊な文字を含まないアドレスから、より簡単な形で送信してください。',
    },
    other: {
      cause: '{address} のメールサーバーがメッセージを受け取りませんでした。',
      advice: '下の応答に理由が書かれていることがあります。分からなければ、この通知を管理者に見せてください。',
    },
  },
}
