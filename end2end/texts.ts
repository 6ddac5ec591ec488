// What the journeys look for, in both languages. Specs that run in Chinese only say it themselves.

export type Lang = "zh" | "en";

const zh = {
  outbox: "演示模式：短信发件箱",
  mobile: "手机号",
  sendCode: "获取验证码",
  codeHeading: "输入验证码",
  code: "6 位验证码",
  signIn: "登录",
  signInToGrab: "登录后秒杀",
  grab: "立即秒杀",
  won: "秒杀成功",
  toPay: /^待支付 \d\d:\d\d$/,
  seatIsYours: /恭喜，抢到座位了|这门课已有您的座位/,
  lostButton: "未抢到",
  lost: "这次没抢到",
  soldOut: /最后一席在|座位已经抢完/,
  myCourses: "我的课程",
  firstSeat: "第 1 席",
  signOut: "退出登录",
  popular: "大家都在学",
  goToSale: "去秒杀",
};

export type Texts = { [name in keyof typeof zh]: string | RegExp } & Record<Spoken, string>;
type Spoken = "outbox" | "mobile" | "sendCode" | "codeHeading" | "code" | "signIn" | "firstSeat";

const en: Texts = {
  outbox: "Demo mode: the SMS outbox",
  mobile: "Mobile number",
  sendCode: "Send me a code",
  codeHeading: "Enter the code",
  code: "6-digit code",
  signIn: "Sign in",
  signInToGrab: "Sign in to get a seat",
  grab: "Grab a seat",
  won: "You got a seat",
  toPay: /^To be paid \d\d:\d\d$/,
  seatIsYours: /You got a seat|You already have a seat/,
  lostButton: "No seat",
  lost: "No seat this time",
  soldOut: /The last seat went|Every seat is taken/,
  myCourses: "My courses",
  firstSeat: "No. 1",
  signOut: "Sign out",
  popular: "Popular courses",
  goToSale: "Go to the sale",
};

export const texts: Record<Lang, Texts> = { zh, en };
